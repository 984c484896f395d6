import { Redis } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";
import { HOW_TO_GET_REAL_REDIS, hasRealRedis, type RedisKind, startRedis, type TestRedis } from "./start-redis.ts";

const clients: Redis[] = [];
const servers: TestRedis[] = [];

afterEach(async () => {
  for (const client of clients.splice(0)) client.disconnect();
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

function clientOf(server: TestRedis): Redis {
  const client = new Redis(server.url, { lazyConnect: true, retryStrategy: () => null });
  client.on("error", () => undefined);
  clients.push(client);
  return client;
}

const kinds: readonly RedisKind[] = ["embedded", "real"];

for (const kind of kinds) {
  const skipped = kind === "real" && !hasRealRedis() && process.env["CI"] !== "true";
  describe.skipIf(skipped)(kind === "real" ? `a real Redis (${HOW_TO_GET_REAL_REDIS})` : "the embedded Redis", () => {
    it("starts, stores, stops for good, and comes back empty on the same port", async () => {
      const server = await startRedis(kind);
      servers.push(server);
      const first = clientOf(server);
      await first.set("k", "v");
      expect(await first.get("k")).toBe("v");
      const cut = new Promise((resolve) => first.once("close", resolve));
      await server.stop();
      await cut;
      await expect(clientOf(server).connect()).rejects.toThrow(/ECONNREFUSED|closed/);
      await server.restart();
      expect(await clientOf(server).get("k")).toBeNull();
    });
  });
}
