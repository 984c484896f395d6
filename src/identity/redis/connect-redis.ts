import { Redis, type RedisOptions } from "ioredis";

/** How long a connection may take, in milliseconds. Together with the longest pause between attempts: back within about a second. */
const CONNECT_TIMEOUT_MS = 750;
const RECONNECT_STEP_MS = 50;
const RECONNECT_MAX_MS = 250;

/**
 * A connection that comes back by itself, soon and for ever, and never keeps a command for later: what cannot be asked now is
 * answered at once (law 1). Errors are events without a reader here: the commands that fail of them carry them.
 */
export function connectRedis(url: string, options: Pick<RedisOptions, "commandTimeout" | "socketTimeout">): Redis {
  const redis = new Redis(url, {
    // ioredis 6 speaks RESP3 by default, and then drops invalidation messages (FACTS §3).
    protocol: 2,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    autoResubscribe: false,
    maxRetriesPerRequest: 0,
    // The ready check asks INFO, which an ACL may forbid, and waits for seconds while Redis loads; a LOADING reply says the same.
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(attempt * RECONNECT_STEP_MS, RECONNECT_MAX_MS),
    ...options,
  });
  redis.on("error", () => undefined);
  return redis;
}
