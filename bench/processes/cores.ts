import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";

/** Which core does what: the proxy has one to itself, load and origin share another one, or have one each. */
export interface Cores {
  readonly proxy: number | undefined;
  readonly load: number | undefined;
  readonly origin: number | undefined;
  /** The same in words. */
  readonly sentence: string;
}

export const UNPINNED: Cores = {
  proxy: undefined,
  load: undefined,
  origin: undefined,
  sentence: "Nothing is bound to a core.",
};

export function assignCores(): Cores {
  const count = availableParallelism();
  if (spawnSync("taskset", ["--version"]).error !== undefined) {
    return { ...UNPINNED, sentence: "Nothing is bound to a core: there is no taskset here." };
  }
  if (count < 2) return { ...UNPINNED, sentence: "Proxy, load and origin share one core." };
  if (count < 4) {
    return { proxy: 1, load: 0, origin: 0, sentence: "The proxy has core 1; load, origin and Redis share core 0." };
  }
  return { proxy: 3, load: 1, origin: 2, sentence: "The proxy has core 3, the load core 1, the origin core 2." };
}

/** The command that runs another one on a core. */
export function pinnedCommand(core: number | undefined, command: string, args: readonly string[]): [string, string[]] {
  return core === undefined ? [command, [...args]] : ["taskset", ["-c", String(core), command, ...args]];
}
