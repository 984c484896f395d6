import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { parseEnv } from "node:util";

/**
 * What `figway dev` started with, kept in `.figway/dev.env` beside routes.json, readable for its owner alone: it holds the
 * session secret. The other commands fall back to it, so that they see the same configuration in another terminal.
 */
export type DevEnvironment = Readonly<Record<string, string>>;

export function devEnvironmentFile(configFile: string): string {
  return join(dirname(configFile), ".figway", "dev.env");
}

/** The variables in the file; none when there is no such file. */
export function readDevEnvironment(configFile: string): DevEnvironment {
  try {
    return parseEnv(readFileSync(devEnvironmentFile(configFile), "utf8")) as DevEnvironment;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return {};
    throw error;
  }
}

export function writeDevEnvironment(configFile: string, variables: DevEnvironment): void {
  const file = devEnvironmentFile(configFile);
  mkdirSync(dirname(file), { recursive: true });
  const lines = Object.entries(variables).map(([name, value]) => `${name}=${quote(value)}`);
  // Renamed into place, so that a command in another terminal never reads half a file.
  writeFileSync(`${file}.tmp`, `# Written by figway dev; read by the other commands.\n${lines.join("\n")}\n`, {
    mode: 0o600,
  });
  renameSync(`${file}.tmp`, file);
}

/** Node's parser takes what is between quotes as it is; no escape exists, so the quote that does not occur is taken. */
function quote(value: string): string {
  return value.includes("'") ? `"${value}"` : `'${value}'`;
}

/** `environment`, completed from the file; `taken` names what came from there. */
export function withDevEnvironment(
  environment: Readonly<NodeJS.ProcessEnv>,
  configFile: string,
): { readonly environment: Readonly<NodeJS.ProcessEnv>; readonly taken: readonly string[] } {
  const kept = readDevEnvironment(configFile);
  const taken = Object.keys(kept).filter((name) => environment[name] === undefined);
  const completed: NodeJS.ProcessEnv = { ...environment };
  for (const name of taken) completed[name] = kept[name];
  return { environment: completed, taken };
}
