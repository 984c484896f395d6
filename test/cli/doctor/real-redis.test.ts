import { Redis } from "ioredis";
import { expect, it } from "vitest";
import { startRedis } from "../../doubles/start-redis.ts";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { startLegacyDouble } from "./legacy-double.ts";
import { runDoctor, runPlainly } from "./run-doctor.ts";

describeWithRealRedis("a Redis with a password and CLIENT TRACKING", () => {
  it("is searched to its end for a session under another prefix", async () => {
    const redis = await startRedis("real");
    const client = new Redis(`${redis.url}/2`);
    // Fifty times what one SCAN shows.
    await client.mset(Object.fromEntries(Array.from({ length: 50_000 }, (_, i) => [`other:${i}`, "1"])));
    const legacy = await startLegacyDouble({ redisUrl: `${redis.url}/2`, prefix: "shop:" });
    try {
      const { session } = await runDoctor({ legacyUrl: legacy.url, redisUrl: redis.url });
      expect(session).toMatchObject({ prefix: "shop:", store: `${redis.url}/2` });
    } finally {
      await legacy.close();
      client.disconnect();
      await redis.stop();
    }
  });

  it("is let into with the right one, whose value is never shown, and refuses the wrong one by name", async () => {
    const redis = await startRedis("real");
    const client = new Redis(redis.url);
    await client.config("SET", "requirepass", "hush");
    const address = redis.url.replace("//", "//:hush@");
    const legacy = await startLegacyDouble({ redisUrl: `${address}/2` });
    try {
      const found = await runDoctor({ legacyUrl: legacy.url, redisUrl: "${STORE}", environment: { STORE: address } });
      expect(found.on("invalidation").evidence).toContain("reported legacy's own changes at once");
      expect(found.on("store").advice).toMatch(/end in \/2/);
      expect(found.result.out + found.result.error).not.toContain("hush");
      const wrong = address.replace("hush", "wrong");
      const { code, error } = await runPlainly({
        legacyUrl: legacy.url,
        redisUrl: "${STORE}",
        environment: { STORE: wrong },
      });
      expect(code).toBe(1);
      expect(error).toMatch(/Redis does not answer at redis:\/\/127.*(?:WRONGPASS|NOAUTH)/);
      expect(error).not.toContain(":wrong");
    } finally {
      await legacy.close();
      client.disconnect();
      await redis.stop();
    }
  });
});
