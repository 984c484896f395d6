import { Redis } from "ioredis";

/** A request waits for this answer; a Redis that takes longer is as good as away. */
const COMMAND_TIMEOUT_MS = 100;
const CONNECT_TIMEOUT_MS = 750;
const RECONNECT_MAX_MS = 1_000;

/** A connection of the limits' own, which never keeps a command for later: what cannot be counted there now is counted in memory. */
export function connectLimitRedis(url: string): Redis {
  const redis = new Redis(url, {
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    enableReadyCheck: false,
    disableClientInfo: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    retryStrategy: (attempt) => Math.min(attempt * 50, RECONNECT_MAX_MS),
  });
  // Without a listener ioredis writes to the console. Nothing is lost: the command that fails for it tells its caller.
  redis.on("error", () => undefined);
  return redis;
}
