import { Redis } from "ioredis";
import type { KeyRedis } from "./redis-key-store.ts";

/** A key is read every few seconds and never on a request's path: no answer within this time is a Redis that is not there. */
const COMMAND_TIMEOUT_MS = 2_000;

/** A connection of the keys' own, made at the first command and made anew for as long as it is wanted. */
export function connectKeyRedis(url: string): KeyRedis & { close(): void } {
  const redis = new Redis(url, { lazyConnect: true, commandTimeout: COMMAND_TIMEOUT_MS, maxRetriesPerRequest: 1 });
  // Without a listener ioredis writes to the console. Nothing is lost: the command that failed for it tells its caller.
  redis.on("error", () => {});
  return {
    get: (key) => redis.get(key),
    eval: (script, keyCount, ...rest) => redis.eval(script, keyCount, ...rest),
    close: () => redis.disconnect(),
  };
}
