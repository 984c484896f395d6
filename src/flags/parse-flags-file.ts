import type { z } from "zod";
import type { Finding } from "../config/finding.ts";
import { formatPath, type JsonPath } from "../config/json-path.ts";
import { nearestName } from "../config/nearest-name.ts";
import { readJsonc } from "../config/read-jsonc.ts";
import type { Problem } from "../model/problem.ts";
import { type FlagDefinition, flagRulesSchema } from "./flags-file-schema.ts";

export type FlagsFileResult =
  | { readonly ok: true; readonly flags: ReadonlyMap<string, FlagDefinition> }
  | { readonly ok: false; readonly problems: readonly Problem[] };

const FORMS = 'Write true, false, or rules such as { "percent": 25, "users": ["u1"] }.';

const REMEDIES: Readonly<Record<string, string>> = {
  enabled: "Write true or false.",
  percent: "Write a whole number from 0 to 100.",
  users: 'Write a list of user ids in quotes, as in ["u1", "u2"].',
  stickiness: 'Name a context field in quotes, such as "bucket" or "userId".',
  constraints:
    'Write a list like [{ "contextName": "plan", "operator": "IN", "values": ["gold"] }]. Operators on numbers, dates, versions and REGEX take "value" instead of "values".',
};

/** Reads flags.json (comments and trailing commas are allowed) and reports every problem at once, each with its place. */
export function parseFlagsFile(text: string): FlagsFileResult {
  const document = readJsonc(text);
  if (document.kind === "malformed") {
    const remedy = text.trim() === "" ? "Write at least {}." : "Correct the JSON there.";
    return {
      ok: false,
      problems: [{ path: "", message: document.message, remedy, severity: "error", ...document.position }],
    };
  }
  const flags = new Map<string, FlagDefinition>();
  const findings = [...document.findings, ...readFlags(document.value, flags)];
  if (findings.length === 0) return { ok: true, flags };
  const problems = findings.map(({ path, message, remedy, severity = "error", at }) => {
    return { path: formatPath(path), message, remedy, severity, ...document.locate(path, at) };
  });
  return { ok: false, problems };
}

function readFlags(root: unknown, flags: Map<string, FlagDefinition>): Finding[] {
  if (!isObject(root))
    return [{ path: [], message: "A flag file is an object of flags by name.", remedy: 'Write { "name": true }.' }];
  return Object.entries(root).flatMap(([name, value]) => {
    // Where editors find the schema.
    if (name === "$schema") return [];
    if (name === "")
      return [{ path: [name], message: "A flag needs a name.", remedy: "Give it one.", at: "name" as const }];
    return readFlag(name, value, flags);
  });
}

function readFlag(name: string, value: unknown, flags: Map<string, FlagDefinition>): Finding[] {
  if (typeof value === "boolean") {
    flags.set(name, value);
    return [];
  }
  if (typeof value === "number") {
    return [{ path: [name], message: "A bare number is not a flag.", remedy: `Write { "percent": ${value} }.` }];
  }
  if (!isObject(value)) return [{ path: [name], message: "This is not a flag.", remedy: FORMS }];
  const result = flagRulesSchema.safeParse(value);
  if (result.success) flags.set(name, result.data);
  return result.success ? [] : result.error.issues.flatMap((issue) => toFindings(name, issue));
}

function toFindings(name: string, issue: z.core.$ZodIssue): Finding[] {
  if (issue.code === "unrecognized_keys") return issue.keys.map((key) => strangeField(name, key));
  const path = issue.path.filter((step) => typeof step !== "symbol");
  const [field] = path;
  if (field === undefined) {
    return [
      {
        path: [name],
        message: "The rules name nobody.",
        remedy: "Give percent, users or constraints; or write true or false.",
      },
    ];
  }
  const message = issue.code === "invalid_union" ? "This is not a constraint." : `${issue.message.replace(/\.$/, "")}.`;
  return [{ path: [name, ...path] satisfies JsonPath, message, remedy: REMEDIES[field] ?? FORMS }];
}

function strangeField(name: string, field: string): Finding {
  const meant = nearestName(field, Object.keys(REMEDIES));
  const remedy = meant === undefined ? `Known are ${Object.keys(REMEDIES).join(", ")}.` : `Did you mean ${meant}?`;
  return { path: [name, field], message: `A flag has no field \`${field}\`.`, remedy, at: "name" };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
