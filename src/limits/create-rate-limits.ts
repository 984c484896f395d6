import cluster from "node:cluster";
import { RateLimiterCluster, RateLimiterMemory, RateLimiterRedis } from "rate-limiter-flexible";
import type { RateLimitConfig, RouteRateLimitConfig } from "../config/schema/rate-limit.ts";
import { connectLimitRedis } from "./connect-limit-redis.ts";
import { createRateLimiter, type LimitAmount, type MakeCounter, type RateLimiter } from "./rate-limiter.ts";

/** The limits of one configuration. */
export interface RateLimits {
  /** The route's own limit, else the one for all; undefined: it has none. A map lookup. */
  of(routeId: string): RateLimiter | undefined;
  close(): Promise<void>;
}

export interface RateLimitsOptions {
  readonly limit: RateLimitConfig | undefined;
  readonly routes: readonly { readonly id: string; readonly rateLimit?: RouteRateLimitConfig | undefined }[];
  /** The Redis of the sessions, where there is one. */
  readonly sessionStore: string | undefined;
  readonly log: { warn(message: string, fields?: Record<string, unknown>): void; info(message: string): void };
}

/** What stands before every key. Apart from sessions' prefixes, so that nobody counts sessions or deletes limits by mistake. */
const KEY_PREFIX = "figway:rate:";

/** How long a worker waits for the primary's count, in milliseconds. */
const WORKER_TIMEOUT_MS = 100;

const FOR_ALL = "default";

/** undefined: nothing is limited, and nothing costs anything. */
export function createRateLimits(options: RateLimitsOptions): RateLimits | undefined {
  const { limit, routes, sessionStore } = options;
  const own = routes.flatMap(({ id, rateLimit }) => (rateLimit ? [[id, rateLimit] as const] : []));
  if (limit === undefined && own.length === 0) return undefined;
  const excluded = new Set(routes.filter(({ rateLimit }) => rateLimit === false).map(({ id }) => id));
  const counting = openCounting(limit?.store ?? sessionStore);
  const onCounted = reportOnce(options.log);
  const make = (name: string, amount: LimitAmount): RateLimiter =>
    createRateLimiter({ name, amount, counter: counting.counter, insurance: counting.insurance, onCounted });
  const forAll = limit === undefined ? undefined : make(FOR_ALL, limit);
  const byRoute = new Map(own.map(([id, amount]) => [id, make(id, amount)]));
  return {
    of: (routeId) => byRoute.get(routeId) ?? (excluded.has(routeId) ? undefined : forAll),
    close: counting.close,
  };
}

interface Counting {
  readonly counter: MakeCounter;
  readonly insurance: MakeCounter | undefined;
  close(): Promise<void>;
}

function openCounting(store: string | undefined): Counting {
  const inMemory: MakeCounter = (name, amount) => new RateLimiterMemory({ keyPrefix: name, ...amount });
  if (store === undefined) {
    // The library makes a counter in the primary once per prefix: another amount must have another one.
    const inPrimary: MakeCounter = (name, amount) =>
      new RateLimiterCluster({
        keyPrefix: `${name}:${amount.points}:${amount.duration}`,
        ...amount,
        timeoutMs: WORKER_TIMEOUT_MS,
      });
    const close = async (): Promise<void> => undefined;
    return cluster.isWorker
      ? { counter: inPrimary, insurance: inMemory, close }
      : { counter: inMemory, insurance: undefined, close };
  }
  const storeClient = connectLimitRedis(store);
  const inRedis: MakeCounter = (name, amount) =>
    new RateLimiterRedis({
      storeClient,
      keyPrefix: `${KEY_PREFIX}${name}`,
      ...amount,
      rejectIfRedisNotReady: true,
      // Whoever is over the limit is refused from memory, and does not keep Redis busy.
      inMemoryBlockOnConsumed: amount.points + 1,
    });
  return { counter: inRedis, insurance: inMemory, close: async () => storeClient.disconnect() };
}

/** A store that is away is told of once, and so is its return. */
function reportOnce(log: RateLimitsOptions["log"]): (problem: unknown) => void {
  let isAway = false;
  return (problem) => {
    if ((problem !== undefined) === isAway) return;
    isAway = problem !== undefined;
    if (isAway)
      log.warn("requests are counted in memory: the store of the rate limits cannot be used", {
        cause: String(problem),
      });
    else log.info("requests are counted in the store of the rate limits again");
  };
}
