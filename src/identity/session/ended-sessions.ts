import { LRUCache } from "lru-cache";

/** How many ended sessions are remembered at the most. */
const MAX_ENDED = 100_000;

/**
 * Tombstones: sessions whose logout was seen. While one stands, the session is nobody's, whatever the store says: a slow request of
 * legacy can save a destroyed session again (expressjs/session#632, TRAPS 6).
 */
export class EndedSessions {
  readonly #untilMs = new LRUCache<string, number>({ max: MAX_ENDED });
  readonly #lifeMs: number;

  /** `lifeMs`: at least the life of a token and the longest request of legacy. */
  constructor(lifeMs: number) {
    this.#lifeMs = lifeMs;
  }

  add(handle: string, nowMs: number): void {
    this.#untilMs.set(handle, nowMs + this.#lifeMs);
  }

  has(handle: string, nowMs: number): boolean {
    if (this.#untilMs.size === 0) return false;
    const untilMs = this.#untilMs.get(handle);
    return untilMs !== undefined && nowMs < untilMs;
  }
}
