import type { CliContext } from "./cli-context.ts";

/** What a command has to say, for a person and for a program. */
export interface Report {
  /** 0: done. 1: it did not work, or what was checked is wrong. */
  readonly exitCode: 0 | 1;
  /** For `--json`. */
  readonly json: unknown;
  /** For a person; several lines, no line end at the end. */
  readonly text: string;
}

/** Prints a report in the form asked for and returns its exit code. */
export function printReport(report: Report, asJson: boolean, context: CliContext): number {
  context.writeOut(asJson ? `${JSON.stringify(report.json, null, 2)}\n` : `${report.text}\n`);
  return report.exitCode;
}
