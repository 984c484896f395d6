import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser } from "../doubles/browser.ts";
import { eventually, type Shop, startShop } from "../doubles/start-shop.ts";
import { takesLessThan, timeOf } from "../doubles/takes-less-than.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.stop());

it("while Redis is down nobody is taken for anonymous, and all is well within two seconds of its return", async () => {
  const alice = openBrowser(shop.url);
  await alice.login("alice");
  await shop.flip("me-modern", true);
  await shop.flip("orders-modern", true);
  expect((await alice.get("/api/me")).json()).toMatchObject({ servedBy: "modern", user: { id: "alice" } });

  await shop.redis.stop();
  for (const path of ["/api/me", "/api/orders", "/orders"]) {
    const answer = await alice.get(path);
    expect(answer.status).toBe(503);
    expect(Number(answer.headers.get("retry-after"))).toBeGreaterThan(0);
    expect(answer.text).not.toContain('"user":null');
  }
  const unsafe = await alice.post("/api/orders", { product: "mug" });
  expect(unsafe.status).toBe(503);
  expect(unsafe.headers.get("retry-after")).toBe("1");

  await takesLessThan(2_000, async () => {
    await shop.redis.restart();
    // The store came back empty: alice's session is gone with it, so she is nobody now, and logs in again.
    return await timeOf(() =>
      eventually(async () => {
        const answer = await alice.get("/api/me");
        expect(answer.status).toBe(200);
        expect(answer.json()).toEqual({ user: null, servedBy: "modern" });
      }),
    );
  });
  // Legacy has a connection of its own to the store, and finds it again in its own time.
  await eventually(async () => expect((await alice.login("alice")).status).toBe(303));
  expect((await alice.get("/api/me")).json()).toMatchObject({ servedBy: "modern", user: { id: "alice" } });
});
