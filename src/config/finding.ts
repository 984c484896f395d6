import type { JsonPath } from "./json-path.ts";

/** A problem before it is given its place in the text: what a check or a rule says. */
export interface Finding {
  readonly path: JsonPath;
  readonly message: string;
  readonly remedy: string;
  /** Default: `error`. */
  readonly severity?: "error" | "warning";
  /** Point at the member's name rather than at its value. */
  readonly at?: "name";
}
