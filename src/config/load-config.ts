import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import type { Problem } from "../model/problem.ts";
import { draftConfig } from "./config-draft.ts";
import { type Environment, interpolate } from "./environment.ts";
import { applyOverrides } from "./environment-overrides.ts";
import type { Finding } from "./finding.ts";
import { formatPath, isAtOrBelow, type JsonPath } from "./json-path.ts";
import { type JsoncResult, readJsonc } from "./read-jsonc.ts";
import { redactConfig } from "./redact-config.ts";
import { RULES } from "./rules.ts";
import { type Config, configSchema } from "./schema.ts";
import { coerceInterpolated } from "./coerce-interpolated.ts";
import { schemaFindings, unknownNameFindings } from "./schema-findings.ts";
import { schemaNames } from "./schema-names.ts";
import { hideEnvironment } from "./hide-environment.ts";

export type LoadResult =
  | {
      readonly ok: true;
      /** Frozen all the way down. */
      readonly config: Config;
      readonly warnings: readonly Problem[];
      /**
       * Twelve hexadecimal digits that change with the text and with what was read from the environment. Secrets of the
       * environment are left out, so that it can be shown to anyone: guesses cannot be tried on it.
       */
      readonly digest: string;
    }
  | { readonly ok: false; readonly problems: readonly Problem[] };

/** Reads and checks a configuration file. Never throws: what is wrong, all of it, is in the result. */
export function loadConfig({ file, environment }: { file: string; environment: Environment }): LoadResult {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    return { ok: false, problems: [unreadable(file, error)] };
  }
  return parseConfig(text, environment, { file });
}

/** Checks the text of a configuration file. Pure; never throws. `file` is named in problems of the file as a whole. */
export function parseConfig(text: string, environment: Environment, { file }: { file: string }): LoadResult {
  const document = readJsonc(text);
  if (document.kind === "malformed") return { ok: false, problems: [notJson(file, document)] };

  const overrides = applyOverrides(document.value, environment);
  const interpolation = interpolate(overrides.value, environment);
  const environmentFindings = [
    ...overrides.findings,
    ...interpolation.findings.filter(({ path }) => !isOverridden(path, overrides.overridden)),
  ];
  const { value, parsed } = coerceInterpolated(interpolation, (candidate) => configSchema.safeParse(candidate));
  const settled = [...interpolation.unresolved, ...overrides.findings.map(({ path }) => path)];
  const issues = (parsed.error?.issues ?? []).filter((issue) => !isOverridden(issue.path as JsonPath, settled));
  const knownNames = (path: JsonPath): readonly string[] => schemaNames(configSchema, path, value);

  const misspelt = issues.flatMap((issue) => unknownNameFindings(issue, knownNames));
  const doubts = [
    ...settled,
    ...issues.map(({ path }) => path as JsonPath).filter((path) => path.length > 0),
    ...misspelt.flatMap(({ path, meant }) => [path, ...(meant === undefined ? [] : [[...path.slice(0, -1), meant]])]),
  ];
  const draft = draftConfig(value, doubts, interpolation.templates);
  const findings = [
    ...document.findings,
    ...environmentFindings,
    ...schemaFindings(issues, value, knownNames),
    ...RULES.flatMap((rule) => rule(draft)),
  ];
  const problems = toProblems(findings, document, (sentence) => hideEnvironment(sentence, interpolation));
  if (parsed.success && problems.every(({ severity }) => severity === "warning")) {
    return { ok: true, config: deepFreeze(parsed.data), warnings: problems, digest: digestOf(text, parsed.data) };
  }
  return { ok: false, problems };
}

function isOverridden(path: JsonPath, places: readonly JsonPath[]): boolean {
  return places.some((place) => isAtOrBelow(path, place));
}

function toProblems(
  findings: readonly Finding[],
  document: Extract<JsoncResult, { kind: "read" }>,
  hide: (sentence: string) => string,
): Problem[] {
  const problems = findings.map(({ path, message, remedy, severity = "error", at }) => ({
    path: formatPath(path),
    message: hide(message),
    remedy: hide(remedy),
    severity,
    ...document.locate(path, at),
  }));
  return problems.sort((a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0));
}

/** A file that is not there or cannot be read, as a problem. */
export function unreadable(file: string, error: unknown): Problem {
  const { code } = error as NodeJS.ErrnoException;
  const isMissing = code === "ENOENT";
  return {
    path: "",
    message: isMissing ? `There is no file ${file}.` : `${file} cannot be read (${code ?? "unknown error"}).`,
    remedy: isMissing
      ? "Run `figway init` to make one, or name the right one with FIGWAY_CONFIG."
      : "Make it readable for the user that figway runs as.",
    severity: "error",
  };
}

function notJson(file: string, { message, position }: Extract<JsoncResult, { kind: "malformed" }>): Problem {
  return {
    path: "",
    message: `${file}: ${message}`,
    remedy: "Look for a missing comma, quote or bracket at this place or just before it.",
    severity: "error",
    ...position,
  };
}

function digestOf(text: string, config: Config): string {
  return createHash("sha256")
    .update(text)
    .update("\0")
    .update(JSON.stringify(redactConfig(config)))
    .digest("hex")
    .slice(0, 12);
}

function deepFreeze<T>(value: T): T {
  if (typeof value !== "object" || value === null || Object.isFrozen(value)) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
