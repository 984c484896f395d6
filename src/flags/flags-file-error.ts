import type { Problem } from "../model/problem.ts";

/** The first load of a flag file failed. The message is one line; the problems say where and what to do. */
export class FlagsFileError extends Error {
  readonly problems: readonly Problem[];

  constructor(file: string, problems: readonly Problem[]) {
    super(`${file}: ${problems.map(describeProblem).join(" ")}`);
    this.name = "FlagsFileError";
    this.problems = problems;
  }
}

/** A problem as one line: place, what is wrong, what to do. */
export function describeProblem({ path, line, message, remedy }: Problem): string {
  const place = [path, line === undefined ? "" : `line ${line}`].filter((part) => part !== "").join(", ");
  return `${place === "" ? "" : `${place}: `}${message} ${remedy}`;
}
