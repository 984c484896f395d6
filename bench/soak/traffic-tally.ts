/** What came of the traffic, by kind. While an upstream is being restarted a failure is the right answer, and counted apart. */
export class TrafficTally {
  readonly #counts = new Map<string, { done: number; excused: number; wrong: number }>();
  readonly #complaints: string[] = [];
  #excusedUntilMs = 0;
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  /** From now on, for so long, failures are to be expected. */
  excuse(forMs: number): void {
    this.#excusedUntilMs = Math.max(this.#excusedUntilMs, this.#now() + forMs);
  }

  /** `startedAtMs`: a failure is excused where an upstream was away at any time since. */
  failed(kind: string, startedAtMs: number, why: string): void {
    const counts = this.#of(kind);
    if (startedAtMs < this.#excusedUntilMs) counts.excused += 1;
    else {
      counts.wrong += 1;
      if (this.#complaints.length < 10) this.#complaints.push(`${kind}: ${why}`);
    }
  }

  done(kind: string): void {
    this.#of(kind).done += 1;
  }

  get rows(): { kind: string; done: number; excused: number; wrong: number }[] {
    return [...this.#counts].map(([kind, counts]) => ({ kind, ...counts }));
  }

  get wrong(): number {
    return this.rows.reduce((sum, { wrong }) => sum + wrong, 0);
  }

  /** The first ten failures that nothing excuses. */
  get complaints(): readonly string[] {
    return this.#complaints;
  }

  #of(kind: string): { done: number; excused: number; wrong: number } {
    let counts = this.#counts.get(kind);
    if (counts === undefined) this.#counts.set(kind, (counts = { done: 0, excused: 0, wrong: 0 }));
    return counts;
  }
}
