/** What ended an exchange, as far as the health of its upstream goes. */
export type Sign =
  /** An answer came. */
  | "answered"
  /** Nobody was found: no connection, or no answer in time. */
  | "unreachable"
  /** Somebody was there, but did not give an answer that holds. */
  | "broken"
  /** It says nothing of the upstream: the client left, a limit of figway's own was met. */
  | "neutral";

export interface BreakerLimits {
  readonly consecutiveFailures: number;
  readonly failureRatio?: number | undefined;
  readonly minimumExchanges: number;
  readonly windowMs: number;
  readonly ejectMs: number;
  readonly maxEjectMs: number;
}

export type BreakerState = "closed" | "open" | "half-open";

/**
 * Decides when an upstream that fails is left alone for a while: its clients then get their 503 (or legacy) at once instead of after
 * a timeout, and the upstream gets room to come back. Pure: the time is an argument.
 */
export class Breaker {
  readonly #limits: BreakerLimits;
  #consecutive = 0;
  #openings = 0;
  #openUntilMs: number | undefined;
  #probing = false;
  #windowStartMs = Number.NEGATIVE_INFINITY;
  #exchanges = 0;
  #failures = 0;

  constructor(limits: BreakerLimits) {
    this.#limits = limits;
  }

  /** Whether everything is sent; the common case, which needs no look at the clock. */
  get closed(): boolean {
    return this.#openUntilMs === undefined;
  }

  /** Whether one more answer would change nothing. */
  get calm(): boolean {
    return this.closed && this.#consecutive === 0 && this.#limits.failureRatio === undefined;
  }

  /** Failures in a row that found nobody. */
  get consecutive(): number {
    return this.#consecutive;
  }

  state(nowMs: number): BreakerState {
    if (this.#openUntilMs === undefined) return "closed";
    return nowMs < this.#openUntilMs ? "open" : "half-open";
  }

  /** Whether an exchange may be sent. After an ejection one at a time may, to find out. */
  admits(nowMs: number): boolean {
    if (this.#openUntilMs === undefined) return true;
    if (nowMs < this.#openUntilMs || this.#probing) return false;
    this.#probing = true;
    return true;
  }

  record(sign: Sign, nowMs: number): void {
    this.#probing = false;
    if (sign === "neutral") return;
    if (this.#limits.failureRatio !== undefined) this.#count(sign !== "answered", nowMs);
    if (sign === "answered") this.#close();
    else if (sign === "unreachable") this.#consecutive++;
    if (sign !== "answered" && this.#isTooMuch(nowMs)) this.#open(nowMs);
  }

  #isTooMuch(nowMs: number): boolean {
    if (this.state(nowMs) === "half-open") return true;
    const { consecutiveFailures, failureRatio, minimumExchanges } = this.#limits;
    if (consecutiveFailures > 0 && this.#consecutive >= consecutiveFailures) return true;
    if (failureRatio === undefined || this.#exchanges < minimumExchanges) return false;
    return this.#failures / this.#exchanges >= failureRatio;
  }

  #open(nowMs: number): void {
    // What was under way when the upstream was ejected fails as well; that is not another ejection.
    if (this.state(nowMs) === "open") return;
    const { ejectMs, maxEjectMs } = this.#limits;
    this.#openUntilMs = nowMs + Math.min(maxEjectMs, ejectMs * 2 ** Math.min(this.#openings, 20));
    this.#openings++;
    this.#exchanges = this.#failures = 0;
  }

  #close(): void {
    this.#consecutive = 0;
    this.#openings = 0;
    this.#openUntilMs = undefined;
  }

  #count(failed: boolean, nowMs: number): void {
    if (nowMs - this.#windowStartMs >= this.#limits.windowMs) {
      this.#windowStartMs = nowMs;
      this.#exchanges = this.#failures = 0;
    }
    this.#exchanges++;
    if (failed) this.#failures++;
  }
}
