import type { Side } from "./side.ts";

/** How an exchange ended. A failure is a value: the guard must not blame modern for a client that hung up. */
export type Outcome = AnsweredOutcome | FailedOutcome;

export interface AnsweredOutcome {
  readonly kind: "answered";
  readonly side: Side;
  readonly upstream: string;
  readonly status: number;
}

export interface FailedOutcome {
  readonly kind: "failed";
  readonly side: Side;
  readonly upstream: string;
  readonly failure: UpstreamFailure;
  /** Whether a byte of an answer had already gone to the client: then nothing can be said any more but to cut the connection. */
  readonly responseStarted: boolean;
}

/** What the exchange was doing when it failed. */
export type FailurePhase = "connect" | "request" | "response-head" | "response-body" | "upgrade";

/** Whose doing it was. `gateway`: a limit of figway's own. */
export type FailureParty = "client" | "upstream" | "gateway";

export interface UpstreamFailure {
  readonly phase: FailurePhase;
  readonly party: FailureParty;
  readonly code: FailureCode;
  /** One line for the operator; never shown to a client. */
  readonly detail: string;
}

export type FailureCode =
  | "connect-failed"
  | "connect-timeout"
  | "first-byte-timeout"
  | "idle-timeout"
  | "total-timeout"
  | "connection-lost"
  | "invalid-response"
  | "truncated-response"
  | "client-gone"
  | "client-timeout"
  | "body-too-large"
  | "overloaded"
  | "ejected"
  | "internal";
