import { BurstyRateLimiter, type RateLimiterAbstract, RateLimiterRes } from "rate-limiter-flexible";
import { clientKey } from "./client-key.ts";

/** Counts the requests of each client under one limit. */
export interface RateLimiter {
  /**
   * Counts a request of this client's; undefined: it may go on. Never rejects: what cannot be counted in the store is counted in
   * memory.
   */
  take(clientAddress: string): Promise<RateExceeded | undefined>;
}

/** A client asked for more than it may. */
export interface RateExceeded {
  /** `default`, or the id of the route whose own limit it is. */
  readonly limit: string;
  readonly retryAfterSeconds: number;
  /** Name, value, …: `RateLimit-Policy` and `RateLimit` (draft-ietf-httpapi-ratelimit-headers-10 §3, §4). */
  readonly fields: readonly string[];
}

export interface LimitAmount {
  readonly requests: number;
  readonly perSeconds: number;
  readonly burst: number;
}

/** Makes the counter of one amount; `name` keeps apart what is counted in one store. */
export type MakeCounter = (name: string, amount: { points: number; duration: number }) => RateLimiterAbstract;

export interface RateLimiterOptions {
  readonly name: string;
  readonly amount: LimitAmount;
  /** The counter in force. */
  readonly counter: MakeCounter;
  /** Steps in while that one fails; undefined: it cannot fail. */
  readonly insurance: MakeCounter | undefined;
  /** Told of each failure of the first counter, and with undefined of each success. */
  readonly onCounted: (problem: unknown) => void;
}

/** A burst is regained over so many periods. */
const BURST_PERIODS = 10;

export function createRateLimiter(options: RateLimiterOptions): RateLimiter {
  const { name, amount, onCounted } = options;
  const counter = withBurst(options.counter, options);
  const insurance = options.insurance === undefined ? undefined : withBurst(options.insurance, options);
  const policy = `"${name}";q=${amount.requests};w=${amount.perSeconds}`;
  return { take };

  async function take(clientAddress: string): Promise<RateExceeded | undefined> {
    const key = clientKey(clientAddress);
    try {
      const exceeded = await consume(counter, key);
      if (insurance !== undefined) onCounted(undefined);
      return exceeded;
    } catch (error) {
      onCounted(error);
      return insurance === undefined ? undefined : await consume(insurance, key);
    }
  }

  async function consume(from: Counter, key: string): Promise<RateExceeded | undefined> {
    try {
      await from.consume(key);
      return undefined;
    } catch (rejection) {
      if (!(rejection instanceof RateLimiterRes)) throw rejection;
      const retryAfterSeconds = Math.max(1, Math.ceil(rejection.msBeforeNext / 1_000));
      const fields = ["RateLimit-Policy", policy, "RateLimit", `"${name}";r=0;t=${retryAfterSeconds}`];
      return { limit: name, retryAfterSeconds, fields };
    }
  }
}

type Counter = Pick<RateLimiterAbstract, "consume">;

function withBurst(make: MakeCounter, { name, amount }: RateLimiterOptions): Counter {
  const steady = make(name, { points: amount.requests, duration: amount.perSeconds });
  if (amount.burst === 0) return steady;
  const burst = make(`${name}:burst`, { points: amount.burst, duration: amount.perSeconds * BURST_PERIODS });
  return new BurstyRateLimiter(steady, burst);
}
