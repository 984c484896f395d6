import { afterEach, expect, it } from "vitest";
import { createRateLimits, type RateLimits } from "../../src/limits/create-rate-limits.ts";
import { eventually } from "../doubles/start-shop.ts";
import { startFaultProxy } from "../doubles/fault-proxy.ts";
import { startRedis, type TestRedis } from "../doubles/start-redis.ts";

const CLIENT = "203.0.113.9";
const opened: RateLimits[] = [];
let redis: TestRedis | undefined;
let told: string[] = [];
let newcomers = 0;

const log = { warn: (message: string) => void told.push(message), info: (message: string) => void told.push(message) };

afterEach(async () => {
  await Promise.all(opened.splice(0).map((limits) => limits.close()));
  await redis?.stop();
  redis = undefined;
  told = [];
});

function open(options: Partial<Parameters<typeof createRateLimits>[0]>): RateLimits {
  const limits = createRateLimits({ limit: undefined, routes: [], sessionStore: undefined, log, ...options });
  if (limits === undefined) throw new Error("nothing is limited");
  opened.push(limits);
  return limits;
}

const limitOf = (requests: number, more: { burst?: number; store?: string } = {}) =>
  ({ requests, perSeconds: 60, burst: 0, by: "address", ...more }) as const;

/** How many of so many requests are let through. */
async function passed(limits: RateLimits, count: number, { route = "any", client = CLIENT } = {}): Promise<number> {
  let allowed = 0;
  for (let i = 0; i < count; i++) if ((await limits.of(route)?.take(client)) === undefined) allowed++;
  return allowed;
}

it("nothing is made where nothing is limited", () => {
  const routes = [{ id: "a" }, { id: "b", rateLimit: false as const }];
  expect(createRateLimits({ limit: undefined, routes, sessionStore: undefined, log })).toBeUndefined();
});

it("a client may ask so often and no more, and others have their own allowance", async () => {
  const limits = open({ limit: limitOf(3) });
  expect(await passed(limits, 5)).toBe(3);
  expect(await passed(limits, 5, { client: "203.0.113.10" })).toBe(3);
  const exceeded = await limits.of("any")?.take(CLIENT);
  expect(exceeded?.retryAfterSeconds).toBeGreaterThan(50);
  expect(exceeded?.fields).toEqual([
    "RateLimit-Policy",
    '"default";q=3;w=60',
    "RateLimit",
    `"default";r=0;t=${exceeded?.retryAfterSeconds}`,
  ]);
});

it("addresses of one IPv6 network share an allowance", async () => {
  const limits = open({ limit: limitOf(2) });
  expect(await passed(limits, 2, { client: "2001:db8:1:2::a" })).toBe(2);
  expect(await passed(limits, 2, { client: "2001:db8:1:2:ffff::b" })).toBe(0);
  expect(await passed(limits, 2, { client: "2001:db8:1:3::a" })).toBe(2);
});

it("a burst comes on top, once", async () => {
  expect(await passed(open({ limit: limitOf(3, { burst: 4 }) }), 10)).toBe(7);
});

it("a route's own limit is counted apart, and a route can be excluded", async () => {
  const routes = [
    { id: "search", rateLimit: { requests: 1, perSeconds: 60, burst: 0 } },
    { id: "images", rateLimit: false as const },
  ];
  const limits = open({ limit: limitOf(2), routes });
  expect(await passed(limits, 3, { route: "search" })).toBe(1);
  expect(await passed(limits, 3, { route: "images" })).toBe(3);
  expect(await passed(limits, 3)).toBe(2);
});

it("an allowance is given anew after its period", async () => {
  const limits = open({ limit: { ...limitOf(1), perSeconds: 1 } });
  expect(await passed(limits, 2)).toBe(1);
  await eventually(async () => expect(await passed(limits, 1)).toBe(1));
});

/** Until a request was counted in the store. */
function inStore(limits: RateLimits): Promise<void> {
  return eventually(async () => {
    const before = told.length;
    // Somebody new each time: who is over the limit is refused from memory.
    await passed(limits, 1, { client: `198.51.100.${++newcomers}` });
    expect(told.slice(before)).not.toContain(AWAY);
    expect(told.at(-1) ?? BACK).toBe(BACK);
  });
}

/**
 * A figure that was counted in the store alone: the store may take 100 ms, and a machine that stands still for longer makes figway
 * count in memory, as it should, but is not what is asked about. Each attempt is told the next client, whom nobody has counted yet.
 */
async function countedInStore(limits: RateLimits[], clients: string[], count: (client: string) => Promise<number>) {
  for (const client of clients) {
    for (const one of limits) await inStore(one);
    told = [];
    const figure = await count(client);
    if (!told.includes(AWAY)) return figure;
  }
  throw new Error("requests were counted in memory each time");
}

const CLIENTS = [CLIENT, "203.0.113.11", "203.0.113.12"];

const AWAY = "requests are counted in memory: the store of the rate limits cannot be used";
const BACK = "requests are counted in the store of the rate limits again";

it("replicas with one Redis count together", async () => {
  redis = await startRedis("embedded");
  const one = open({ limit: limitOf(4), sessionStore: redis.url });
  const other = open({ limit: limitOf(4, { store: redis.url }), sessionStore: "redis://127.0.0.1:1" });
  const figure = await countedInStore(
    [one, other],
    CLIENTS,
    async (client) => (await passed(one, 3, { client })) + (await passed(other, 3, { client })),
  );
  expect(figure).toBe(4);
});

it("without Redis a replica counts on in memory, says so once, and returns to Redis", async () => {
  redis = await startRedis("embedded");
  const proxy = await startFaultProxy(Number(new URL(redis.url).port));
  const limits = open({ limit: limitOf(2, { store: `redis://127.0.0.1:${proxy.port}` }) });
  const counted: string[] = [];
  for (const client of CLIENTS) {
    if ((await countedInStore([limits], [client], () => passed(limits, 1, { client })).catch(() => 0)) === 1)
      counted.push(client);
  }
  await inStore(limits);
  told = [];
  await proxy.refuse();
  await eventually(async () => {
    await passed(limits, 1, { client: "203.0.113.97" });
    expect(told).toEqual([AWAY]);
  });
  expect(await passed(limits, 5, { client: "203.0.113.10" })).toBe(2);
  expect(told).toEqual([AWAY]);
  await proxy.mend();
  // What was counted there before still counts.
  expect(await countedInStore([limits], counted, (client) => passed(limits, 5, { client }))).toBe(1);
  await proxy.close();
});
