import type { Problem } from "../model/problem.ts";
import type { Paint } from "./cli-context.ts";

/** A problem and the file it is in. */
export interface FileProblem extends Problem {
  readonly file: string;
}

/** Place, what is wrong, what to do: three lines that editors and terminals can jump from (`file:line:column`). */
export function problemText(
  { file, line, column, path, severity, message, remedy }: FileProblem,
  paint: Paint,
): string {
  const place = [file, line, column].filter((part) => part !== undefined).join(":");
  const kind = severity === "error" ? paint("red", "error") : paint("yellow", "warning");
  return `${paint("bold", place)} ${kind}${path === "" ? "" : ` at ${path}`}\n  ${message}\n  ${paint("dim", "→")} ${remedy}`;
}

/** As in `2 errors, 1 warning`. */
export function countText(problems: readonly Problem[]): string {
  const errors = problems.filter(({ severity }) => severity === "error").length;
  const warnings = problems.length - errors;
  const parts = [counted(errors, "error"), counted(warnings, "warning")].filter((part) => part !== undefined);
  return parts.join(", ");
}

function counted(count: number, noun: string): string | undefined {
  if (count === 0) return undefined;
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}
