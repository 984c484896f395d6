import type { KeyCipher } from "./key-cipher.ts";
import { type KeyFile, parseKeyFile, serializeKeyFile } from "./key-file.ts";
import { type KeyStore, KeyStoreError, type SaveResult } from "./key-store.ts";

/** The two commands needed of a Redis client; ioredis fits. */
export interface KeyRedis {
  get(key: string): Promise<string | null>;
  eval(script: string, keyCount: number, ...keysAndArguments: string[]): Promise<unknown>;
  /** Where the connection is the store's own. */
  close?(): void;
}

/** Sets the key if it still holds what it held; an empty first argument stands for "nothing". One atomic step in Redis. */
const COMPARE_AND_SET = `
local present = redis.call('GET', KEYS[1]) or ''
if present ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[2])
return 1`;

/** Keys in Redis, encrypted before they leave the process: shared by replicas on many hosts. */
export function createRedisKeyStore(redis: KeyRedis, cipher: KeyCipher, key = "figway:keys"): KeyStore {
  const description = `the Redis key ${key}`;
  /** What Redis held last, and what that meant: an unchanged value is not decrypted again. */
  let latest: { readonly sealed: string; readonly file: KeyFile } | undefined;
  const sealedTexts = new WeakMap<KeyFile, string>();
  return { description, load, save, close: () => redis.close?.() };

  async function load(): Promise<KeyFile | undefined> {
    const sealed = await reach(() => redis.get(key));
    if (sealed === null) return undefined;
    if (latest?.sealed === sealed) return latest.file;
    const file = parseKeyFile(await cipher.open(sealed, key), description);
    remember(file, sealed);
    return file;
  }

  async function save(next: KeyFile, expected: KeyFile | undefined): Promise<SaveResult> {
    const expectedText = expected === undefined ? "" : sealedTexts.get(expected);
    if (expectedText === undefined) return "conflict";
    const sealed = await cipher.seal(serializeKeyFile(next), key);
    const done = await reach(() => redis.eval(COMPARE_AND_SET, 1, key, expectedText, sealed));
    if (done !== 1) return "conflict";
    remember(next, sealed);
    return "saved";
  }

  function remember(file: KeyFile, sealed: string): void {
    sealedTexts.set(file, sealed);
    latest = { file, sealed };
  }

  async function reach<T>(command: () => Promise<T>): Promise<T> {
    try {
      return await command();
    } catch (cause) {
      throw new KeyStoreError("unavailable", `${description} cannot be reached`, cause);
    }
  }
}
