/** What wants to look at its deadlines now and then. */
export interface Ticking {
  onTick(nowMs: number): void;
}

/**
 * How often deadlines are looked at. A timer per request would be exact, and would cost more than the rest of the bookkeeping;
 * a deadline of seconds may be late by this much.
 */
export const TICK_MS = 100;

/**
 * One coarse timer for the deadlines of an upstream. It runs only while somebody is there to look. Not for what comes and goes with
 * each request: see `Pool.onTick`.
 */
export class Ticker {
  readonly #clock: () => number;
  readonly #members = new Set<Ticking>();
  #timer: NodeJS.Timeout | undefined;

  /** `clock` gives monotonic milliseconds. */
  constructor(clock: () => number) {
    this.#clock = clock;
  }

  add(member: Ticking): void {
    this.#members.add(member);
    this.#timer ??= setInterval(() => this.#tick(), TICK_MS).unref();
  }

  delete(member: Ticking): void {
    this.#members.delete(member);
  }

  #tick(): void {
    const nowMs = this.#clock();
    for (const member of this.#members) member.onTick(nowMs);
    if (this.#members.size > 0) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
  }
}
