import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser } from "../doubles/browser.ts";
import { type Shop, startShop } from "../doubles/start-shop.ts";

/** A modern service that resets every connection. */
let broken: Server;
let shop: Shop;
let posts = 0;

beforeAll(async () => {
  broken = createServer((request, response) => {
    if (request.method === "POST") posts += 1;
    if (request.url === "/api/catalog") response.writeHead(500).end("a mistake of its own");
    else request.socket.resetAndDestroy();
  }).listen(0, "127.0.0.1");
  await once(broken, "listening");
  const { port } = broken.address() as AddressInfo;
  shop = await startShop({ environment: { MODERN_URL: `http://127.0.0.1:${port}` } });
  for (const flag of ["orders-modern", "catalog-modern", "me-modern"]) await shop.flip(flag, true);
});
afterAll(async () => {
  await shop.stop();
  broken.close();
});

it("when modern fails before its first byte, a safe request is answered by legacy as the same user", async () => {
  const alice = openBrowser(shop.url);
  await alice.login("alice");
  const page = await alice.get("/orders/7");
  expect(page.status).toBe(200);
  expect(page.text).toContain("served by legacy");
  expect((await alice.get("/api/me")).json()).toMatchObject({ servedBy: "legacy", user: { id: "alice" } });
});

it("a POST is not tried again on either side", async () => {
  const alice = openBrowser(shop.url);
  await alice.login("alice");
  posts = 0;
  const answer = await alice.post("/api/orders", { product: "mug" });
  // 503 once the failures have ejected modern: then it was not sent at all.
  expect([502, 503]).toContain(answer.status);
  expect(posts).toBeLessThanOrEqual(1);
});

it("an answer that modern gave, even a 500, is modern's answer", async () => {
  // The breaker may have left modern alone for a second, after the failures above.
  await expect.poll(async () => (await fetch(`${shop.url}/api/catalog`)).status).toBe(500);
});

it("each fall-back is counted and told in the metrics", async () => {
  const metrics = await (await fetch(`${shop.adminUrl}/metrics`)).text();
  expect(metrics).toMatch(/figway_requests_total\{[^}]*reason="fallback"[^}]*\} [1-9]/);
  expect(metrics).toMatch(/figway_upstream_failures_total\{upstream="modern"[^}]*\} [1-9]/);
});
