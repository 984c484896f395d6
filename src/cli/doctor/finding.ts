import type { JsonObject } from "../../model/json.ts";

/**
 * - `ok`: legacy and routes.json agree, or there is nothing to do.
 * - `differs`: routes.json says otherwise; `set` says what it should say.
 * - `warns`: legacy or Redis themselves do something that the team should know of before a route is moved.
 * - `cannot-tell`: what was seen does not decide it.
 */
export type Verdict = "ok" | "differs" | "warns" | "cannot-tell";

/** One thing that the doctor looked at. */
export interface Finding {
  /** What it is about, in a word or two; stable, for programs. */
  readonly topic: Topic;
  readonly verdict: Verdict;
  /** What was seen, as a sentence. Holds no session id and no secret. */
  readonly evidence: string;
  /** What to do, where no setting does it. */
  readonly advice?: string;
  /** What to put into routes.json: a piece of its tree. `null` takes a member out. */
  readonly set?: JsonObject;
}

export type Topic =
  | "login"
  | "cookie"
  | "attributes"
  | "signature"
  | "store"
  | "subject"
  | "claims"
  | "max age"
  | "rolling"
  | "touch"
  | "resave"
  | "fixation"
  | "anonymous"
  | "save order"
  | "logout"
  | "invalidation"
  | "clock"
  | "modern"
  | "keys";
