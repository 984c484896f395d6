import type { Log } from "../telemetry/log.ts";

export interface Clock {
  /** The time of day in epoch milliseconds. */
  nowMs(): number;
  /** Milliseconds from an arbitrary start; never goes back (TRAPS 27). */
  monotonicMs(): number;
}

/** What resolvers count. Every function is called on the request path: it must neither throw nor wait. */
export interface IdentityMetrics {
  /** A session was answered from memory, without Redis. */
  cacheHit(): void;
  /** A store or an endpoint was asked. */
  read(outcome: "user" | "anonymous" | "unknown", durationMs: number): void;
  /** A cookie of the session's name that no secret signed. */
  badSignature(): void;
  /** Two cookies of the session's name with different, rightly signed ids (TRAPS 1). */
  conflictingCookies(): void;
  /** A session that was seen to end was found in the store again (TRAPS 6). */
  resurrected(): void;
  /** The life of a session was prolonged on legacy's behalf. */
  touched(): void;
}

export interface IdentityDeps {
  readonly clock: Clock;
  /** The key of the keyed hash of session ids; the same on every replica. */
  readonly handleKey: Uint8Array;
  readonly log: Pick<Log, "info" | "warn">;
  readonly metrics: IdentityMetrics;
}
