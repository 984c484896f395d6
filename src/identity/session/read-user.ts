import type { JsonObject, JsonValue } from "../../model/json.ts";
import { compileJsonPointer } from "./json-pointer.ts";

/** Where the user lies in a document that legacy keeps or answers with: a session, or the answer of a whoami endpoint. */
export interface UserLocation {
  /** JSON Pointer to the user's id. */
  readonly subject: string;
  /** Claim name → JSON Pointer. Nothing else leaves the document. */
  readonly claims: Readonly<Record<string, string>>;
  /** What must hold before the subject is believed; undefined: a subject is enough. */
  readonly authenticated?: { readonly pointer: string; readonly equals: string | number | boolean | null } | undefined;
}

export interface LocatedUser {
  readonly subject: string;
  readonly claims: JsonObject;
}

/**
 * A user; `nobody` where nobody is logged in; `ambiguous` where the id is a number that JSON readers round (RFC 8259 §6), so that two
 * users could become one.
 */
export type UserReading = LocatedUser | "nobody" | "ambiguous";

/** Compiles the location of the user. */
export function compileUserReader(location: UserLocation): (document: unknown) => UserReading {
  const readSubject = compileJsonPointer(location.subject);
  const claims = Object.entries(location.claims).map(([name, pointer]) => ({
    name,
    read: compileJsonPointer(pointer),
  }));
  const isAuthenticated = compilePredicate(location.authenticated);
  return (document) => {
    if (!isAuthenticated(document)) return "nobody";
    const id = readSubject(document);
    if (Number.isInteger(id) && !Number.isSafeInteger(id)) return "ambiguous";
    const subject = subjectOf(id);
    if (subject === undefined) return "nobody";
    const found: Record<string, JsonValue> = {};
    for (const { name, read } of claims) {
      const value = read(document);
      if (value !== undefined) found[name] = value as JsonValue;
    }
    return { subject, claims: found };
  };
}

function compilePredicate(predicate: UserLocation["authenticated"]): (document: unknown) => boolean {
  if (predicate === undefined) return () => true;
  const read = compileJsonPointer(predicate.pointer);
  return (document) => read(document) === predicate.equals;
}

/** A non-empty string, or a finite number as a string. Anything else (null, an object, NaN) names nobody. */
function subjectOf(value: unknown): string | undefined {
  if (typeof value === "string") return value === "" ? undefined : value;
  return typeof value === "number" && Number.isFinite(value) ? String(value) : undefined;
}
