import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createKeyCipher } from "../../src/tokens/key-cipher.ts";
import { createRedisKeyStore } from "../../src/tokens/redis-key-store.ts";
import { keyFile, testsKeyStore } from "../contracts/key-store.contract.ts";
import {
  HOW_TO_GET_REAL_REDIS,
  hasRealRedis,
  type RedisKind,
  startRedis,
  type TestRedis,
} from "../doubles/start-redis.ts";

const SECRET = "correct horse battery staple";
const KINDS: readonly RedisKind[] = ["embedded", "real"];

describe.each(KINDS)("with the %s Redis", (kind) => {
  const missing = kind === "real" && !hasRealRedis();

  describe.skipIf(missing)(missing ? `encrypted keys (${HOW_TO_GET_REAL_REDIS})` : "encrypted keys", () => {
    let server: TestRedis;
    let redis: Redis;
    let count = 0;
    beforeAll(async () => {
      server = await startRedis(kind);
      redis = new Redis(server.url, { protocol: 2 });
    });
    afterAll(async () => {
      redis.disconnect();
      await server.stop();
    });
    const cipher = createKeyCipher(SECRET);

    testsKeyStore(async () => {
      const key = `keys:${count++}`;
      return {
        openStore: () => createRedisKeyStore(redis, cipher, key),
        readRaw: async () => (await redis.get(key)) ?? undefined,
        corrupt: async () => {
          const sealed = (await redis.get(key)) as string;
          await redis.set(key, `${sealed.slice(0, -30)}AAAAAAAAAA${sealed.slice(-20)}`);
        },
      };
    });

    it("shows Redis nothing of the private keys", async () => {
      const file = keyFile(1, "ES256");
      await createRedisKeyStore(redis, cipher, "secret-keys").save(file, undefined);
      const raw = (await redis.get("secret-keys")) as string;
      const everySpelling = [raw, ...raw.split("~").map((part) => Buffer.from(part, "base64url").toString("latin1"))];
      for (const text of everySpelling) expect(text).not.toContain(file.keys[0]?.privateJwk.d);
      for (const text of everySpelling) expect(text).not.toContain("privateJwk");
    });

    it("does not open with another secret, nor under another name", async () => {
      await createRedisKeyStore(redis, cipher, "place-1").save(keyFile(1, "ES256"), undefined);
      const otherSecret = createRedisKeyStore(redis, createKeyCipher(`${SECRET}!`), "place-1");
      await expect(otherSecret.load()).rejects.toMatchObject({ code: "wrong-secret" });
      await redis.set("place-2", (await redis.get("place-1")) as string);
      await expect(createRedisKeyStore(redis, cipher, "place-2").load()).rejects.toMatchObject({
        code: "wrong-secret",
      });
      await redis.set("place-3", "not sealed at all");
      await expect(createRedisKeyStore(redis, cipher, "place-3").load()).rejects.toMatchObject({
        code: "wrong-secret",
      });
    });
  });
});

it("says that Redis cannot be reached", async () => {
  const redis = new Redis({ port: 1, host: "127.0.0.1", lazyConnect: true, retryStrategy: () => null });
  redis.on("error", () => undefined);
  await expect(createRedisKeyStore(redis, createKeyCipher(SECRET)).load()).rejects.toMatchObject({
    code: "unavailable",
  });
});

it("refuses a secret that could be guessed", () => {
  expect(() => createKeyCipher("short")).toThrow(/FIGWAY_KEYS_SECRET must have at least 16/);
});
