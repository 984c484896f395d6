/**
 * Latencies in a fixed table: exact below 64 µs, then 32 steps for each doubling, so that no value is off by more than about 3 %.
 * Recording allocates nothing.
 */
export class Histogram {
  static readonly #STEPS = 32;
  static readonly #BUCKETS = 64 + Histogram.#STEPS * 26;
  readonly #counts = new Uint32Array(Histogram.#BUCKETS);
  #total = 0;
  #maxUs = 0;

  get count(): number {
    return this.#total;
  }

  get maxUs(): number {
    return this.#maxUs;
  }

  /** Takes one value in microseconds. */
  record(us: number): void {
    this.#counts[bucketOf(us)]! += 1;
    this.#total += 1;
    if (us > this.#maxUs) this.#maxUs = us;
  }

  /** The value, in microseconds, that this share (0 to 1) of all values does not exceed; 0 when there are none. */
  quantileUs(share: number): number {
    const wanted = Math.max(1, Math.ceil(share * this.#total));
    let seen = 0;
    for (let bucket = 0; bucket < Histogram.#BUCKETS; bucket += 1) {
      seen += this.#counts[bucket] as number;
      if (seen >= wanted) return Math.min(upperEdgeUs(bucket), this.#maxUs);
    }
    return this.#maxUs;
  }
}

const LAST_BUCKET = 64 + 32 * 26 - 1;

function bucketOf(us: number): number {
  const whole = us < 0 ? 0 : Math.floor(us);
  if (whole < 64) return whole;
  const doubling = Math.floor(Math.log2(whole)) - 6;
  const step = Math.floor((whole / 2 ** (doubling + 6) - 1) * 32);
  return Math.min(64 + doubling * 32 + step, LAST_BUCKET);
}

function upperEdgeUs(bucket: number): number {
  if (bucket < 64) return bucket;
  const doubling = Math.floor((bucket - 64) / 32);
  const step = (bucket - 64) % 32;
  return 2 ** (doubling + 6) * (1 + (step + 1) / 32);
}
