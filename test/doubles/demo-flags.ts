import { readFileSync } from "node:fs";
import { resolve } from "node:path";

/** The demo's flags.json with every flag off, as it is committed: in a checkout somebody may have flipped them since. */
export function demoFlags(): string {
  const file = resolve(import.meta.dirname, "../../flags.json");
  const flags = JSON.parse(readFileSync(file, "utf8")) as Record<string, unknown>;
  return JSON.stringify(Object.fromEntries(Object.keys(flags).map((name) => [name, false])));
}
