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

/** Writes one line of a child, with its name in front. */
export function devLogLine(source: LogSource, line: string, paint: Paint): string {
  return `${paint(COLOURS[source], `${source.padEnd(WIDTH)} │`)} ${line}\n`;
}
