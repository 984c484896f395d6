import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser } from "../doubles/browser.ts";
import { type Shop, startShop } from "../doubles/start-shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.stop());

it("modern's answers renew the cookie exactly as legacy's do, so that an active user never loses it", async () => {
  const alice = openBrowser(shop.url);
  await alice.login("alice");
  const fromLegacy = (await alice.get("/api/me")).headers.getSetCookie();
  await shop.flip("me-modern", true);
  const fromModern = (await alice.get("/api/me")).headers.getSetCookie();
  expect(fromLegacy).toHaveLength(1);
  expect(fromModern).toHaveLength(1);
  const withoutEnd = (line: string | undefined) => line?.replace(/Expires=[^;]+/, "Expires");
  expect(withoutEnd(fromModern[0])).toBe(withoutEnd(fromLegacy[0]));
  const end = (line = "") => Date.parse(/Expires=([^;]+)/.exec(line)?.[1] ?? "");
  expect(end(fromModern[0])).toBeGreaterThan(Date.now() + 29 * 60_000);
  await shop.flip("me-modern", false);
});

it("a user who lives on modern alone is kept alive in the store, by EXPIRE and never by SET", async () => {
  const redis = new Redis(shop.redis.url);
  const bob = openBrowser(shop.url);
  await bob.login("bob");
  const key = `sess:${/connect\.sid=s%3A([^.]+)\./.exec(bob.cookies())?.[1]}`;
  // Fifteen minutes of idling, as far as the store knows.
  await redis.expire(key, 15 * 60);
  const before = await redis.get(key);
  await shop.flip("me-modern", true);
  expect((await bob.get("/api/me")).json()).toMatchObject({ servedBy: "modern", user: { id: "bob" } });
  await expect.poll(() => redis.ttl(key)).toBeGreaterThan(29 * 60);
  expect(await redis.get(key)).toBe(before);
  await shop.flip("me-modern", false);
  redis.disconnect();
});

it("a route that a page polls by itself prolongs nothing, where it says so", async () => {
  const polled = await startShop({
    configure(config) {
      for (const route of config["routes"] as Record<string, unknown>[])
        if (route["id"] === "me") route["keepAlive"] = false;
    },
  });
  const redis = new Redis(polled.redis.url);
  const carol = openBrowser(polled.url);
  await carol.login("carol");
  const key = `sess:${/connect\.sid=s%3A([^.]+)\./.exec(carol.cookies())?.[1]}`;
  await redis.expire(key, 15 * 60);
  await polled.flip("me-modern", true);
  await polled.flip("orders-modern", true);
  for (let i = 0; i < 3; i += 1) {
    const answer = await carol.get("/api/me");
    expect(answer.json()).toMatchObject({ servedBy: "modern", user: { id: "carol" } });
    expect(answer.headers.getSetCookie()).toEqual([]);
  }
  expect(await redis.ttl(key)).toBeLessThanOrEqual(15 * 60);
  // Any other route still does: the session was not left alone for another reason.
  expect((await carol.get("/api/orders")).status).toBe(200);
  await expect.poll(() => redis.ttl(key)).toBeGreaterThan(29 * 60);
  redis.disconnect();
  await polled.stop();
});
