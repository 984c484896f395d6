import type { Redis } from "ioredis";
import { describeError } from "../../telemetry/log.ts";

/** How Redis reports changes: by client-side caching's invalidations, or by keyspace events. */
export type FeedMode = "tracking" | "keyspace";

/** Where Redis sends invalidations to a connection that speaks RESP2 (Redis, "Client-side caching"). */
const INVALIDATION_CHANNEL = "__redis__:invalidate";
/** What has a meaning in a pattern of PSUBSCRIBE. */
const GLOB_SPECIAL = /[\\*?[\]]/g;

export interface Subscription {
  readonly redis: Redis;
  readonly prefix: string;
  /** A key under the prefix changed; undefined: all may have. */
  readonly onChange: (key: string | undefined) => void;
  /** Resolves once a change made on purpose was reported. */
  readonly probe: () => Promise<void>;
}

/** Arms a fresh connection with the best that this Redis offers and proves it; rejects, naming each refusal, where it offers nothing. */
export async function subscribeToChanges(subscription: Subscription): Promise<FeedMode> {
  const refusals: string[] = [];
  for (const { mode, subscribe, unsubscribe } of WAYS) {
    try {
      await subscribe(subscription);
      await subscription.probe();
      return mode;
    } catch (error) {
      if (subscription.redis.status !== "ready") throw error;
      refusals.push(`${mode}: ${describeError(error)}`);
      await unsubscribe(subscription.redis);
    }
  }
  throw new Error(refusals.join("; "));
}

const WAYS = [
  { mode: "tracking", subscribe: subscribeToTracking, unsubscribe: unsubscribeFromTracking },
  { mode: "keyspace", subscribe: subscribeToKeyspace, unsubscribe: unsubscribeFromKeyspace },
] as const;

async function subscribeToTracking({ redis, prefix, onChange }: Subscription): Promise<void> {
  const ownId = await redis.client("ID");
  await redis.call("CLIENT", "TRACKING", "ON", "REDIRECT", String(ownId), "BCAST", "PREFIX", prefix);
  redis.removeAllListeners("messageBuffer");
  // The payload is an array of keys, or null after FLUSHALL; "message" would join them by commas.
  redis.on("messageBuffer", (_channel: Buffer, keys: unknown) => {
    if (!Array.isArray(keys)) return onChange(undefined);
    for (const key of keys) onChange(String(key));
  });
  await redis.subscribe(INVALIDATION_CHANNEL);
}

async function unsubscribeFromTracking(redis: Redis): Promise<void> {
  redis.removeAllListeners("messageBuffer");
  await redis.unsubscribe(INVALIDATION_CHANNEL);
}

async function subscribeToKeyspace({ redis, prefix, onChange }: Subscription): Promise<void> {
  const channel = `__keyspace@${redis.options.db ?? 0}__:`;
  redis.removeAllListeners("pmessage");
  redis.on("pmessage", (_pattern: string, from: string) => onChange(from.slice(channel.length)));
  await redis.psubscribe(`${channel}${prefix.replace(GLOB_SPECIAL, "\\$&")}*`);
}

async function unsubscribeFromKeyspace(redis: Redis): Promise<void> {
  redis.removeAllListeners("pmessage");
  await redis.punsubscribe();
}
