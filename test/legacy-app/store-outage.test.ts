import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { WebSocket } from "ws";
import { type RunningLegacyApp, startLegacyApp } from "../../legacy-app/start-legacy-app.ts";
import { HOW_TO_GET_REAL_REDIS, hasRealRedis, startRedis, type TestRedis } from "../doubles/start-redis.ts";
import { takesLessThan, timeOf } from "../doubles/takes-less-than.ts";
import { shopClient } from "./shop-client.ts";
import { until } from "../demo/until.ts";

const open: { stop?(): Promise<void>; close?(): Promise<void> }[] = [];

afterEach(async () => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
  for (const thing of open.splice(0).reverse()) await (thing.close ?? thing.stop)?.call(thing);
});

async function openShop(redis: TestRedis, log: (line: string) => void = () => {}): Promise<RunningLegacyApp> {
  const shop = await startLegacyApp({ redisUrl: redis.url, sessionSecret: "secret", log });
  open.push(shop);
  return shop;
}

async function openRedis(kind: "embedded" | "real"): Promise<TestRedis> {
  const redis = await startRedis(kind);
  open.push(redis);
  return redis;
}

describe("while the embedded session store is down", () => describeOutage("embedded"));

describe.skipIf(!hasRealRedis())(`while a real session store is down (${HOW_TO_GET_REAL_REDIS})`, () =>
  describeOutage("real"),
);

function describeOutage(kind: "embedded" | "real"): void {
  it("a request with a session is answered by 503 with Retry-After, quickly, and never as anonymous", async () => {
    // Express prints errors that no handler took, except under test.
    vi.stubEnv("NODE_ENV", "production");
    const printed = vi.spyOn(console, "error");
    const redis = await openRedis(kind);
    const shop = await openShop(redis);
    const client = shopClient(shop.url);
    await client.login("alice");
    await redis.stop();
    const askAll = async (): Promise<void> => {
      for (const [path, type] of [
        ["/orders", "text/html"],
        ["/", "text/html"],
        ["/api/me", "application/json"],
        ["/api/orders", "application/json"],
      ] as const) {
        const answer = await client.get(path);
        expect([path, answer.status, answer.headers.get("retry-after")]).toEqual([path, 503, "1"]);
        expect(answer.headers.get("content-type")).toContain(type);
        expect(answer.headers.getSetCookie()).toEqual([]);
        expect(await answer.text()).not.toContain("not logged in");
      }
    };
    await takesLessThan(1_500, () => timeOf(askAll));
    const socket = new WebSocket(`${shop.url.replace("http", "ws")}/ticker`, { headers: { cookie: client.cookie() } });
    const [, refusal] = await once(socket, "unexpected-response");
    expect([refusal.statusCode, refusal.headers["retry-after"]]).toEqual([503, "1"]);
    expect((await client.login("alice")).headers.getSetCookie()).toEqual([]);
    expect(printed.mock.calls).toEqual([]);
  });

  it("an answer that had begun is finished, though its session can no longer be touched", async () => {
    vi.stubEnv("NODE_ENV", "production");
    const printed = vi.spyOn(console, "error");
    const redis = await openRedis(kind);
    const shop = await openShop(redis);
    const client = shopClient(shop.url);
    await client.login("alice");
    const answer = await client.get("/download?mb=32");
    await redis.stop();
    expect((await answer.arrayBuffer()).byteLength).toBe(32 * 1024 * 1024);
    expect((await client.get("/api/me")).status).toBe(503);
    expect(printed.mock.calls).toEqual([]);
  });

  it("nobody can log in or fill a basket, and is told so", async () => {
    const redis = await openRedis(kind);
    const shop = await openShop(redis);
    await until(async () => (await fetch(`${shop.url}/healthz`)).status === 200);
    await redis.stop();
    const visitor = shopClient(shop.url);
    expect((await visitor.login("alice")).status).toBe(503);
    expect((await visitor.post("/cart", { product: "tea-assam" })).status).toBe(503);
    expect(visitor.cookie()).toBe("");
    expect((await fetch(`${shop.url}/healthz`)).status).toBe(503);
    expect((await shopClient(shop.url).get("/catalog")).status).toBe(200);
  });

  it("the shop is well again within two seconds of its return, and its log says it in a line or two", async () => {
    await takesLessThan(2_000, async () => {
      const log: string[] = [];
      const redis = await openRedis(kind);
      const shop = await openShop(redis, (line) => log.push(line));
      const client = shopClient(shop.url);
      await client.login("alice");
      await redis.stop();
      const downSince = performance.now();
      await until(async () => (await client.get("/api/me")).status === 503 && performance.now() - downSince > 1_000);
      await redis.restart();
      const tookMs = await until(async () => (await client.login("alice")).status === 303);
      expect(await (await client.get("/api/me")).json()).toMatchObject({ user: { id: "alice" } });
      const aboutTheStore = log.filter((line) => line.startsWith("session store:"));
      expect(aboutTheStore).toEqual([
        "session store: connected",
        expect.stringContaining("trying again"),
        "session store: connected",
      ]);
      return tookMs;
    });
  });
}

it("a session store that takes connections but never answers is as good as none, for a request and for the start", async () => {
  const sockets: Socket[] = [];
  const silent = createServer((socket) => sockets.push(socket)).listen(0, "127.0.0.1");
  await once(silent, "listening");
  await takesLessThan(2_000, async () => {
    const startedAt = performance.now();
    const shop = await startLegacyApp({
      redisUrl: `redis://127.0.0.1:${(silent.address() as AddressInfo).port}`,
      sessionSecret: "secret",
    });
    expect((await shopClient(shop.url).login("alice")).status).toBe(503);
    expect((await fetch(`${shop.url}/healthz`)).status).toBe(503);
    const tookMs = performance.now() - startedAt;
    await shop.close();
    return tookMs;
  });
  silent.close();
  for (const socket of sockets) socket.destroy();
});

it("the shop starts before its session store does", async () => {
  const redis = await openRedis("embedded");
  await redis.stop();
  const shop = await openShop(redis);
  expect((await fetch(`${shop.url}/healthz`)).status).toBe(503);
  await redis.restart();
  await until(async () => (await shopClient(shop.url).login("alice")).status === 303);
});
