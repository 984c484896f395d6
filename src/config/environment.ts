import type { Finding } from "./finding.ts";
import { type JsonPath, pathKey } from "./json-path.ts";

/** The process's environment, or a made-up one. */
export type Environment = Readonly<Record<string, string | undefined>>;

export interface Interpolation {
  readonly value: unknown;
  readonly findings: readonly Finding[];
  /** For every string that read the environment: its place, and the text as written, which is safe to show. */
  readonly templates: ReadonlyMap<string, string>;
  /** The places whose variables are not set: nothing else can be said of them. */
  readonly unresolved: readonly JsonPath[];
}

interface Progress {
  readonly environment: Environment;
  readonly findings: Finding[];
  readonly templates: Map<string, string>;
  readonly unresolved: JsonPath[];
}

/**
 * Replaces `${NAME}` and `${NAME:-default}` in string values; never in names of members. A default stands in for a variable
 * that is unset or empty, as in a POSIX shell (§2.6.2); `$${` is a literal `${`. What is put in is not looked through again.
 */
export function interpolate(root: unknown, environment: Environment): Interpolation {
  const progress: Progress = { environment, findings: [], templates: new Map(), unresolved: [] };
  return { value: replaceIn(root, [], progress), ...progress };
}

function replaceIn(value: unknown, path: JsonPath, progress: Progress): unknown {
  if (typeof value === "string") return value.includes("${") ? replaceText(value, path, progress) : value;
  if (Array.isArray(value)) return value.map((element, index) => replaceIn(element, [...path, index], progress));
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [name, replaceIn(member, [...path, name], progress)]),
  );
}

/** `$${`, or `${`, a name, perhaps a default, `}`; or a `${` with anything else after it. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}|\$\{/g;

function replaceText(text: string, path: JsonPath, progress: Progress): string {
  let isUnresolved = false;
  const report = (message: string, remedy: string): string => {
    isUnresolved = true;
    progress.findings.push({ path, message, remedy });
    return "";
  };
  const replaced = text.replace(REFERENCE, (whole: string, name?: string, fallback?: string) => {
    if (whole === "$${") return "${";
    if (name === undefined) {
      return report(
        "A `${` is not followed by a name and `}`.",
        "Write `${NAME}`, `${NAME:-default}`, or `$${` for the characters themselves.",
      );
    }
    const given = Object.hasOwn(progress.environment, name) ? progress.environment[name] : undefined;
    if (given !== undefined && given !== "") return given;
    if (fallback !== undefined) return fallback;
    const state = given === undefined ? "not set" : "empty";
    return report(
      `The environment variable ${name} is ${state}.`,
      `Set ${name}, or, unless it is a secret, give a default: \`\${${name}:-…}\`.`,
    );
  });
  progress.templates.set(pathKey(path), text);
  if (isUnresolved) progress.unresolved.push(path);
  return replaced;
}
