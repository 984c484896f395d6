import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningLegacyApp, startLegacyApp } from "../../legacy-app/start-legacy-app.ts";
import { startRedis, type TestRedis } from "../doubles/start-redis.ts";
import { shopClient } from "./shop-client.ts";
import { until } from "../demo/until.ts";

let redis: TestRedis;
let shop: RunningLegacyApp;
const log: string[] = [];

beforeAll(async () => {
  redis = await startRedis("embedded");
  shop = await startLegacyApp({
    redisUrl: redis.url,
    sessionSecret: ["signs", "verified-before"],
    log: (line) => log.push(line),
  });
});

afterAll(async () => {
  await shop.close();
  await redis.stop();
});

it("login answers with 303 to the orders, and the user is known from then on", async () => {
  const client = shopClient(shop.url);
  const answer = await client.login("alice");
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "/orders"]);
  expect(await (await client.get("/api/me")).json()).toEqual({
    user: { id: "alice", name: "alice", roles: ["customer"] },
    servedBy: "legacy",
  });
  expect(await (await client.get("/orders")).text()).toMatch(
    /Welcome back, <strong>alice<\/strong>[^]*served by legacy/,
  );
});

it("the session is in the store before the redirect is sent, under the shape that figway reads", async () => {
  const client = shopClient(shop.url);
  await client.login("dave");
  const sid = decodeURIComponent(client.cookie())
    .replace(/^connect\.sid=s:/, "")
    .split(".")[0];
  const store = new Redis(redis.url);
  const stored = JSON.parse((await store.get(`sess:${sid}`)) ?? "null");
  const ttl = await store.ttl(`sess:${sid}`);
  store.disconnect();
  expect(stored).toMatchObject({
    cookie: { originalMaxAge: 1_800_000, httpOnly: true, sameSite: "lax", path: "/" },
    user: { id: "dave", name: "dave", roles: ["admin"] },
  });
  expect(ttl).toBeGreaterThan(1_790);
});

it("login gives a fresh session id, so that nobody can plant one", async () => {
  const client = shopClient(shop.url);
  await client.post("/cart", { action: "add", product: "tea-assam" });
  const planted = client.cookie();
  await client.login("alice");
  expect(client.cookie()).not.toBe(planted);
  expect(await (await shopClient(shop.url, planted).get("/api/me")).json()).toMatchObject({ user: null });
});

it("a wrong password and an unknown user get the same 401 page and no session", async () => {
  for (const name of ["alice", "mallory"]) {
    const client = shopClient(shop.url);
    const answer = await client.login(name, "wrong");
    expect(answer.status).toBe(401);
    expect(await answer.text()).toContain("do not belong together");
    expect(client.cookie()).toBe("");
  }
});

it.each([
  ["/orders/7?x=1", "/orders/7?x=1"],
  ["//evil.example/", "/orders"],
  ["/\\evil.example/", "/orders"],
  ["/\t/evil.example/", "/orders"],
  ["https://evil.example/", "/orders"],
  ["", "/orders"],
])("login with next=%j goes on to %s", async (next, target) => {
  const answer = await shopClient(shop.url).post("/login", { username: "bob", password: "bob-pw", next });
  expect([answer.status, answer.headers.get("location")]).toEqual([303, target]);
});

it("a page sends a visitor to the login form and back; the API says 401 in JSON", async () => {
  const client = shopClient(shop.url);
  const page = await client.get("/orders/7?print=1");
  expect([page.status, page.headers.get("location")]).toEqual([303, "/login?next=%2Forders%2F7%3Fprint%3D1"]);
  expect(await (await client.get("/login?next=%2Forders%2F7")).text()).toContain('name="next" value="/orders/7"');
  const api = await client.get("/api/orders");
  expect([api.status, api.headers.get("content-type")]).toEqual([401, "application/json; charset=utf-8"]);
});

it("logout ends the session itself: the same cookie is nobody afterwards", async () => {
  const client = shopClient(shop.url);
  await client.login("alice");
  const cookie = client.cookie();
  const answer = await client.post("/logout");
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "/"]);
  expect(await (await shopClient(shop.url, cookie).get("/api/me")).json()).toMatchObject({ user: null });
});

it("every answer renews the cookie and the life of the session (rolling)", async () => {
  const client = shopClient(shop.url);
  await client.login("alice");
  const answer = await client.get("/api/me");
  expect(answer.headers.getSetCookie()).toHaveLength(1);
  const [pair, ...attributes] = (answer.headers.getSetCookie()[0] ?? "").split("; ");
  expect(pair).toBe(client.cookie());
  expect(attributes.map((attribute) => attribute.split("=")[0])).toEqual(["Path", "Expires", "HttpOnly", "SameSite"]);
});

it("an idle session dies, an active one lives on", async () => {
  const short = await startLegacyApp({ redisUrl: redis.url, sessionSecret: "signs", sessionMaxAgeMs: 1_500 });
  const [active, idle] = [shopClient(short.url), shopClient(short.url)];
  await active.login("alice");
  await idle.login("bob");
  const deadline = Date.now() + 2_700;
  while (Date.now() < deadline) {
    await active.get("/api/catalog");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  expect(await (await active.get("/api/me")).json()).toMatchObject({ user: { id: "alice" } });
  expect(await (await idle.get("/api/me")).json()).toMatchObject({ user: null });
  await short.close();
});

it("a cookie that was signed with an earlier secret is honoured, a forged one is nobody", async () => {
  const earlier = await startLegacyApp({ redisUrl: redis.url, sessionSecret: "verified-before" });
  const stranger = await startLegacyApp({ redisUrl: redis.url, sessionSecret: "somebody-elses" });
  const [client, forger] = [shopClient(earlier.url), shopClient(stranger.url)];
  await client.login("carol");
  await forger.login("dave");
  expect(await (await shopClient(shop.url, client.cookie()).get("/api/me")).json()).toMatchObject({
    user: { id: "carol" },
  });
  expect(await (await shopClient(shop.url, forger.cookie()).get("/api/me")).json()).toMatchObject({ user: null });
  await Promise.all([earlier.close(), stranger.close()]);
});

it("only the admin sees the administration", async () => {
  const statuses: Record<string, number> = {};
  for (const name of ["alice", "carol", "dave"]) {
    const client = shopClient(shop.url);
    await client.login(name);
    statuses[name] = (await client.get("/admin")).status;
  }
  expect(statuses).toEqual({ alice: 403, carol: 403, dave: 200 });
});

it("a request leaves one line with method, path, status and user, and no query", async () => {
  const client = shopClient(shop.url);
  await client.login("bob");
  await client.get("/orders?secret=1");
  await until(() => log.some((line) => /^GET \/orders 200 \d+ ms bob$/.test(line)));
  expect(log.join()).not.toContain("secret");
});
