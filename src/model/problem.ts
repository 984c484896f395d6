/** Something wrong in a configuration file: where, what, and what to do about it. */
export interface Problem {
  /** The place as a JSON path, as in `routes[2].flag`; empty for the file as a whole. */
  readonly path: string;
  /** What is wrong, in one sentence. */
  readonly message: string;
  /** What to do, in one sentence. */
  readonly remedy: string;
  /** `error` stops a start and refuses a reload; `warning` does not. */
  readonly severity: "error" | "warning";
  /** The line in the file, counted from 1, where known. */
  readonly line?: number;
  /** The column in the line, counted from 1, where known. */
  readonly column?: number;
}
