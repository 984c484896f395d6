import { join } from "node:path";
import { connectKeyRedis } from "./connect-key-redis.ts";
import { createEnvironmentKeyStore } from "./environment-key-store.ts";
import { createFileKeyStore } from "./file-key-store.ts";
import { createKeyCipher } from "./key-cipher.ts";
import { type KeyStore, KeyStoreError } from "./key-store.ts";
import { createRedisKeyStore, type KeyRedis } from "./redis-key-store.ts";

export interface KeyStoreSettings {
  /** `FIGWAY_KEYS`, `FIGWAY_KEYS_SECRET` and `REDIS_URL` are read; an empty value counts as none. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Where `keys.json` is kept when the environment says nothing. */
  readonly stateDir: string;
  /** A client to use instead of a connection of the store's own to REDIS_URL. */
  readonly redis?: KeyRedis | undefined;
}

/** Keys brought along (FIGWAY_KEYS), else in Redis (FIGWAY_KEYS_SECRET), else in the state directory. */
export function openKeyStore({ environment, stateDir, redis }: KeyStoreSettings): KeyStore {
  const broughtAlong = environment["FIGWAY_KEYS"];
  if (broughtAlong) return createEnvironmentKeyStore(broughtAlong);
  const secret = environment["FIGWAY_KEYS_SECRET"];
  if (!secret) return createFileKeyStore(join(stateDir, "keys.json"));
  const cipher = createKeyCipher(secret);
  const url = environment["REDIS_URL"];
  if (redis !== undefined) return createRedisKeyStore(redis, cipher);
  if (url) return createRedisKeyStore(connectKeyRedis(url), cipher);
  throw new KeyStoreError("invalid", "FIGWAY_KEYS_SECRET asks for keys in Redis, but no REDIS_URL is set");
}
