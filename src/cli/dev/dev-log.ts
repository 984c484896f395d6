import type { Paint } from "../cli-context.ts";

/** The names that stand before log lines, padded to one width, each with a colour of its own. */
const COLOURS = {
  figway: "green",
  legacy: "blue",
  modern: "magenta",
  sessions: "yellow",
  unleash: "cyan",
} as const;

export type LogSource = keyof typeof COLOURS;

const WIDTH = Math.max(...Object.keys(COLOURS).map((name) => name.length));

/** Writes what a child said, with its name in front of each line. */
export function devLogLine(source: LogSource, text: string, paint: Paint): string {
  const name = paint(COLOURS[source], `${source.padEnd(WIDTH)} │`);
  return text
    .split("\n")
    .map((line) => `${name} ${line}\n`)
    .join("");
}
