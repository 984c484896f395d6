import { parseArgs } from "node:util";
import { PEERS } from "./peer-list.ts";

export interface BenchOptions {
  readonly quick: boolean;
  readonly json: boolean;
  /** Names of peers; undefined: all, or the quick ones. */
  readonly only: readonly string[] | undefined;
  readonly rounds: number;
  /** Write a CPU profile of each figway and say where its time went. */
  readonly profile: boolean;
}

export const USAGE = `npm run bench -- [options]

  --quick         the most telling peers only, in less than a minute
  --only NAMES    only these, separated by commas (figway is always there, as the measure):
                  ${PEERS.map(({ name }) => name).join(" ")}
  --rounds N      how often each is measured (default 5; with --quick 2)
  --json          the results as JSON on standard output
  --profile       where figway's own time goes, from V8's CPU profiler (costs some per cent)
  --help          this text`;

/** @throws TypeError with a message for the person at the terminal */
export function parseBenchOptions(args: readonly string[]): BenchOptions | "help" {
  const { values } = parseArgs({
    args: [...args],
    options: {
      quick: { type: "boolean", default: false },
      json: { type: "boolean", default: false },
      only: { type: "string" },
      rounds: { type: "string" },
      profile: { type: "boolean", default: false },
      help: { type: "boolean", short: "h", default: false },
    },
  });
  if (values.help) return "help";
  const only = values.only?.split(",").map((name) => name.trim());
  const unknown = only?.filter((name) => !PEERS.some((peer) => peer.name === name)) ?? [];
  if (unknown.length > 0) throw new TypeError(`--only: there is no ${unknown.join(", ")}.`);
  const rounds = values.rounds === undefined ? (values.quick ? 2 : 5) : Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1 || rounds > 100) throw new TypeError("--rounds: a number from 1 to 100.");
  return { quick: values.quick, json: values.json, only, rounds, profile: values.profile };
}
