import type { z } from "zod";
import type { Interpolation } from "./environment.ts";
import { type JsonPath, pathKey, valueAt } from "./json-path.ts";
import type { Config } from "./schema.ts";

type Parse = (candidate: unknown) => z.ZodSafeParseResult<Config>;

export interface Coerced {
  readonly value: unknown;
  readonly parsed: z.ZodSafeParseResult<Config>;
}

/**
 * The environment knows strings only. Where a number or a boolean is wanted and the string that came from the environment is
 * one, it is taken as such. A number in quotes that the file itself holds stays a mistake.
 */
export function coerceInterpolated({ value, templates }: Interpolation, parse: Parse): Coerced {
  const parsed = parse(value);
  if (parsed.success || templates.size === 0) return { value, parsed };
  const replacements = parsed.error.issues.flatMap((issue) => {
    const path = issue.path as JsonPath;
    if (issue.code !== "invalid_type" || !templates.has(pathKey(path))) return [];
    const coerced = coerce(String(valueAt(value, path)), issue.expected);
    return coerced === undefined ? [] : [{ path, coerced }];
  });
  if (replacements.length === 0) return { value, parsed };
  const changed = structuredClone(value);
  for (const { path, coerced } of replacements) {
    const parent = valueAt(changed, path.slice(0, -1)) as Record<string | number, unknown>;
    parent[path.at(-1) as string | number] = coerced;
  }
  return { value: changed, parsed: parse(changed) };
}

function coerce(text: string, expected: string): number | boolean | undefined {
  if (expected === "boolean" && (text === "true" || text === "false")) return text === "true";
  const isNumber = (expected === "number" || expected === "int") && /^-?\d+(?:\.\d+)?$/.test(text);
  return isNumber ? Number(text) : undefined;
}
