import { spawn } from "node:child_process";
import { once } from "node:events";
import { resolve } from "node:path";
import { Redis } from "ioredis";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { createKeyCipher } from "../../src/tokens/key-cipher.ts";
import { createKeyring } from "../../src/tokens/keyring.ts";
import { openKeyStore } from "../../src/tokens/open-key-store.ts";
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

it("replicas share keys through REDIS_URL, outlast its absence, and give a Redis that forgot them their keys back", async () => {
  const server = await startRedis("embedded");
  const environment = { REDIS_URL: server.url, FIGWAY_KEYS_SECRET: SECRET };
  const openKeyring = () =>
    createKeyring({
      store: openKeyStore({ environment, stateDir: "/nowhere" }),
      clock: { nowMs: Date.now },
      algorithm: "ES256",
      reloadIntervalMs: 0,
    });
  const replicas = await Promise.all([openKeyring(), openKeyring()]);
  const kids = () => replicas.map((replica) => replica.signer(Date.now()).kid);
  const [kid] = kids();
  try {
    expect(kids()).toEqual([kid, kid]);
    await server.stop();
    await replicas[0].reload();
    expect(replicas[0].health()).toEqual({ ok: false, detail: "the Redis key figway:keys cannot be reached" });
    expect(kids()).toEqual([kid, kid]);
    await server.restart();
    await vi.waitFor(
      async () => {
        await replicas[0].reload();
        expect(replicas[0].health().ok).toBe(true);
      },
      { timeout: 5_000 },
    );
    const late = await openKeyring();
    expect(late.signer(Date.now()).kid).toBe(kid);
    late.close();
  } finally {
    for (const replica of replicas) replica.close();
    await server.stop();
  }
});

it("a start without Redis fails with the reason, and leaves nothing that keeps the process alive", async () => {
  const script = `
    const { createKeyring } = await import("${resolve("src/tokens/keyring.ts")}");
    const { openKeyStore } = await import("${resolve("src/tokens/open-key-store.ts")}");
    const store = openKeyStore({ environment: process.env, stateDir: "/nowhere" });
    const options = { store, clock: { nowMs: Date.now }, algorithm: "ES256" };
    await createKeyring(options).catch((error) => console.log(error.code));`;
  const child = spawn(process.execPath, ["--input-type=module-typescript", "-e", script], {
    env: { ...process.env, REDIS_URL: "redis://127.0.0.1:1", FIGWAY_KEYS_SECRET: SECRET },
    stdio: ["ignore", "pipe", "inherit"],
  });
  const output = child.stdout.toArray();
  expect(await once(child, "close")).toEqual([0, null]);
  expect(Buffer.concat((await output) as Buffer[]).toString()).toBe("unavailable\n");
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
