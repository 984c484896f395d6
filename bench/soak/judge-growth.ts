import { median } from "../measure/statistics.ts";

/** One look at the gateway's process, after its garbage was collected. */
export interface Sample {
  readonly atMs: number;
  readonly heapBytes: number;
  readonly residentBytes: number;
  /** Open descriptors: sockets above all; where the system does not tell, Node's own count of handles. */
  readonly descriptors: number;
}

export interface GrowthVerdict {
  readonly what: string;
  /** Medians of the first and the last third of the samples after the warm-up. */
  readonly from: number;
  readonly to: number;
  readonly bound: number;
  readonly held: boolean;
}

/** The share of samples that is left out at the beginning: compilers, caches and pools fill up. */
const WARM_UP_SHARE = 0.25;
/** What the heap may gain: caches that are bounded but not full yet. A leak of 100 octets a request would be tens of megabytes. */
export const HEAP_BOUND_BYTES = 6 * 1024 * 1024;
/** What the descriptors may gain: the mix of traffic varies by as much. */
export const DESCRIPTOR_BOUND = 24;
/** What may be left above the number before the traffic, once it has ended: a few connections to Redis and upstreams that were made meanwhile. */
export const REST_BOUND = 6;

/** Whether heap and descriptors stayed where they were; undefined for fewer samples than can tell. */
export function judgeGrowth(samples: readonly Sample[]): GrowthVerdict[] | undefined {
  const counted = samples.slice(Math.floor(samples.length * WARM_UP_SHARE));
  const third = Math.floor(counted.length / 3);
  if (third < 1) return undefined;
  const judge = (what: string, value: (sample: Sample) => number, bound: number): GrowthVerdict => {
    const from = median(counted.slice(0, third).map(value));
    const to = median(counted.slice(-third).map(value));
    return { what, from, to, bound, held: to - from <= bound };
  };
  return [
    judge("heap in use", ({ heapBytes }) => heapBytes, HEAP_BOUND_BYTES),
    judge("open descriptors", ({ descriptors }) => descriptors, DESCRIPTOR_BOUND),
  ];
}
