/**
 * Stops asking after so many failures in a row, for a pause; then one trial at a time decides. Without it, an endpoint that hangs
 * would hold every request for its whole time-out.
 */
export class FailureBreaker {
  readonly #failuresToOpen: number;
  readonly #pauseMs: number;
  #failures = 0;
  #openUntilMs = Number.NEGATIVE_INFINITY;

  constructor(options: { failuresToOpen: number; pauseMs: number }) {
    this.#failuresToOpen = options.failuresToOpen;
    this.#pauseMs = options.pauseMs;
  }

  isOpen(nowMs: number): boolean {
    return nowMs < this.#openUntilMs;
  }

  /** Whether one more question may be asked. After a pause a single one may, until its outcome is known or another pause is over. */
  admits(nowMs: number): boolean {
    if (this.isOpen(nowMs)) return false;
    if (this.#failures >= this.#failuresToOpen) this.#openUntilMs = nowMs + this.#pauseMs;
    return true;
  }

  succeeded(): void {
    this.#failures = 0;
    this.#openUntilMs = Number.NEGATIVE_INFINITY;
  }

  failed(nowMs: number): void {
    this.#failures++;
    if (this.#failures >= this.#failuresToOpen) this.#openUntilMs = nowMs + this.#pauseMs;
  }
}
