import type { FailurePhase, UpstreamFailure } from "../model/outcome.ts";
import { type ExchangePhase, overdue } from "./overdue.ts";

export interface DeadlineLimits {
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
}

/** The deadlines of one exchange. */
export class Deadlines {
  readonly #clock: () => number;
  readonly #limits: DeadlineLimits;
  readonly #totalTimeoutMs: number;
  readonly #startedAtMs: number;
  #activeAtMs: number;

  /** `clock` gives monotonic milliseconds. The total begins now; undefined: it has no limit. */
  constructor(clock: () => number, limits: DeadlineLimits, totalTimeoutMs: number | undefined) {
    this.#clock = clock;
    this.#limits = limits;
    this.#activeAtMs = clock();
    this.#startedAtMs = this.#activeAtMs;
    this.#totalTimeoutMs = totalTimeoutMs ?? Number.POSITIVE_INFINITY;
  }

  /** Something moved. */
  touch(): void {
    this.#activeAtMs = this.#clock();
  }

  /** The failure that a missed deadline makes, if one was missed. `waitsFor`: who is to move next where a body is under way. */
  missed(phase: ExchangePhase, waitsFor: "client" | "upstream", nowMs: number): UpstreamFailure | undefined {
    const { firstByteTimeoutMs, idleTimeoutMs } = this.#limits;
    if (nowMs - this.#startedAtMs >= this.#totalTimeoutMs) {
      const detail = `the exchange took longer than ${this.#totalTimeoutMs} ms`;
      return { phase: failurePhaseOf(phase), party: "gateway", code: "total-timeout", detail };
    }
    return overdue({ phase, quietMs: nowMs - this.#activeAtMs, firstByteTimeoutMs, idleTimeoutMs, waitsFor });
  }
}

/** The phase of the protocol that an exchange was in. */
export function failurePhaseOf(phase: ExchangePhase): FailurePhase {
  if (phase === "connect" || phase === "request") return phase;
  return phase === "first-byte" ? "response-head" : "response-body";
}
