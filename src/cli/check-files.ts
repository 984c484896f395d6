import { readFileSync } from "node:fs";
import { basename, dirname, resolve } from "node:path";
import { loadConfig } from "../config/load-config.ts";
import type { Config } from "../config/schema.ts";
import { parseFlagsFile } from "../flags/parse-flags-file.ts";
import type { Problem } from "../model/problem.ts";
import type { FileProblem } from "./problem-text.ts";

export interface CheckedFiles {
  /** Undefined when the configuration has errors. */
  readonly config: Config | undefined;
  /** Where flags come from, in words. */
  readonly flags: string;
  readonly problems: readonly FileProblem[];
}

const DEFAULT_FLAG_FILE = "flags.json";

/** Reads routes.json and the flag file beside it, and finds everything that is wrong with either. Starts nothing, asks nobody. */
export function checkFiles(configFile: string, environment: Readonly<NodeJS.ProcessEnv>): CheckedFiles {
  const loaded = loadConfig({ file: configFile, environment });
  const config = loaded.ok ? loaded.config : undefined;
  const configProblems = (loaded.ok ? loaded.warnings : loaded.problems).map((problem) => ({
    ...problem,
    file: configFile,
  }));
  if (config?.flags.source === "unleash") {
    return { config, flags: `Unleash at ${config.flags.url}`, problems: configProblems };
  }
  const flagFile = config?.flags.file ?? DEFAULT_FLAG_FILE;
  const flags = checkFlagFile(config, configFile, flagFile);
  const shown = shownPath(configFile, flagFile);
  return {
    config,
    flags: `${flagFile} (${flags.count} flags)`,
    problems: [...configProblems, ...flags.problems.map((problem) => ({ ...problem, file: shown }))],
  };
}

/** The flag file's path as short as the configuration's was given. */
function shownPath(configFile: string, flagFile: string): string {
  const folder = dirname(configFile);
  return folder === "." ? flagFile : resolve(folder, flagFile);
}

function checkFlagFile(
  config: Config | undefined,
  configFile: string,
  flagFile: string,
): { count: number; problems: Problem[] } {
  let text: string;
  try {
    text = readFileSync(resolve(dirname(configFile), flagFile), "utf8");
  } catch (error) {
    // With a broken configuration nobody knows whether there should be a flag file.
    return { count: 0, problems: config === undefined ? [] : [unreadable(flagFile, error)] };
  }
  const parsed = parseFlagsFile(text);
  if (!parsed.ok) return { count: 0, problems: [...parsed.problems] };
  return { count: parsed.flags.size, problems: missingFlags(config, new Set(parsed.flags.keys()), flagFile) };
}

function missingFlags(config: Config | undefined, known: ReadonlySet<string>, flagFile: string): Problem[] {
  const wanted = new Map<string, string>();
  for (const { flag, id } of config?.routes ?? []) if (flag !== undefined && !wanted.has(flag)) wanted.set(flag, id);
  return [...wanted]
    .filter(([flag]) => !known.has(flag))
    .map(([flag, route]) => ({
      path: flag,
      message: `Route ${route} asks for the flag ${flag}, which is not in the file; until it is, legacy serves.`,
      remedy: `Add "${flag}": false to ${basename(flagFile)}, or correct the name in the route.`,
      severity: "warning" as const,
    }));
}

function unreadable(flagFile: string, error: unknown): Problem {
  const { code } = error as NodeJS.ErrnoException;
  return {
    path: "",
    message: code === "ENOENT" ? "There is no such file." : `The file cannot be read (${code ?? String(error)}).`,
    remedy: `Make one (figway init writes a first ${basename(flagFile)}), or name the right one in "flags".`,
    severity: "error",
  };
}
