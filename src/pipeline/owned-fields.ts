import { perSpelling } from "../model/per-spelling.ts";
import { foldFieldName } from "../model/raw-headers.ts";
import { isEndToEnd } from "../transport/end-to-end-fields.ts";

/**
 * What figway does with a request field, decided once per spelling:
 * - `pass`: it goes on as it came.
 * - `drop`: it was for figway's own connection, or poses as a field that figway or a trusted proxy sets.
 * - `forwarding`: it is how a proxy tells of the client; believed from trusted peers alone.
 * - `replaced`: figway sets its own.
 * - `cookie`, `authorization`, `validator`: looked at further.
 */
export type FieldRule = "pass" | "drop" | "forwarding" | "replaced" | "cookie" | "authorization" | "validator";

/** Compared after folding. A field that folds to one of these but is not spelled so is an imitation (TRAPS 17). */
const RULES: ReadonlyMap<string, FieldRule> = new Map<string, FieldRule>([
  ["host", "replaced"],
  ["traceparent", "replaced"],
  ["x-request-id", "replaced"],
  ["x-forwarded-for", "replaced"],
  ["x-forwarded-proto", "replaced"],
  ["x-forwarded-host", "replaced"],
  ["max-forwards", "replaced"],
  ["forwarded", "forwarding"],
  ["x-real-ip", "forwarding"],
  ["remote-user", "forwarding"],
  ["x-remote-user", "forwarding"],
  ["cookie", "cookie"],
  ["authorization", "authorization"],
  ["if-none-match", "validator"],
  ["if-match", "validator"],
  ["if-range", "validator"],
  ["if-modified-since", "validator"],
  ["if-unmodified-since", "validator"],
]);

/** The rule for a field by the name that it came under. */
export const fieldRule = perSpelling((name): FieldRule => {
  if (!isEndToEnd(name)) return "drop";
  const folded = foldFieldName(name);
  if (folded.startsWith("x-figway-")) return "drop";
  const rule = RULES.get(folded) ?? (isForwarding(folded) ? "forwarding" : "pass");
  const isImitation = rule !== "pass" && name.toLowerCase() !== folded;
  return isImitation ? "drop" : rule;
});

function isForwarding(folded: string): boolean {
  return folded.startsWith("x-forwarded-") || folded.startsWith("x-auth-request-");
}
