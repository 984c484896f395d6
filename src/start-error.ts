import type { Problem } from "./model/problem.ts";

/** Why figway did not start, for the person who started it: one clear sentence, or the list of what is wrong in a file. */
export class StartError extends Error {
  override readonly name = "StartError";
  readonly problems: readonly Problem[];

  constructor(message: string, options: { problems?: readonly Problem[]; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause });
    this.problems = options.problems ?? [];
  }
}
