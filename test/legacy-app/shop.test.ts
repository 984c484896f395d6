import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningLegacyApp, startLegacyApp } from "../../legacy-app/start-legacy-app.ts";
import { startRedis, type TestRedis } from "../doubles/start-redis.ts";
import { type ShopClient, shopClient } from "./shop-client.ts";

let redis: TestRedis;
let shop: RunningLegacyApp;

beforeAll(async () => {
  redis = await startRedis("embedded");
  shop = await startLegacyApp({ redisUrl: redis.url, sessionSecret: "secret" });
});

afterAll(async () => {
  await shop.close();
  await redis.stop();
});

async function loggedIn(name: string): Promise<ShopClient> {
  const client = shopClient(shop.url);
  await client.login(name);
  return client;
}

it("the basket is filled before login and survives it", async () => {
  const client = shopClient(shop.url);
  const answer = await client.post("/cart", { action: "add", product: "tea-assam", quantity: "2" });
  expect([answer.status, answer.headers.get("location")]).toEqual([303, "/cart"]);
  await client.login("alice");
  await client.post("/cart", { action: "add", product: "tea-assam" });
  expect(await (await client.get("/api/cart")).json()).toMatchObject({
    lines: [{ productId: "tea-assam", quantity: 3 }],
    totalCents: 2_940,
  });
  expect(await (await client.get("/cart")).text()).toContain("Assam, 250 g");
});

it("whoever logs in over somebody else's session does not get his basket", async () => {
  const client = await loggedIn("alice");
  await client.post("/cart", { action: "add", product: "shortbread" });
  await client.login("bob");
  expect(await (await client.get("/api/cart")).json()).toMatchObject({ lines: [] });
});

it("articles leave the basket one by one and all at once", async () => {
  const client = shopClient(shop.url);
  for (const product of ["tea-assam", "shortbread"]) await client.post("/cart", { action: "add", product });
  await client.post("/cart", { action: "remove", product: "tea-assam" });
  expect(await (await client.get("/api/cart")).json()).toMatchObject({ lines: [{ productId: "shortbread" }] });
  await client.post("/cart", { action: "clear" });
  expect(await (await client.get("/cart")).text()).toContain("Your basket is empty");
});

it.each([{ product: "anvil" }, { product: "tea-assam", quantity: "-1" }, { product: "__proto__" }, {}])(
  "the basket refuses %j",
  async (fields) => {
    expect((await shopClient(shop.url).post("/cart", fields)).status).toBe(400);
  },
);

it("ordering empties the basket and shows the order", async () => {
  const client = await loggedIn("bob");
  await client.post("/cart", { action: "add", product: "kettle-copper" });
  const answer = await client.post("/orders");
  const path = answer.headers.get("location") ?? "";
  expect(path).toMatch(/^\/orders\/\d+$/);
  expect(await (await client.get(path)).text()).toContain("Copper kettle");
  expect(await (await client.get("/api/cart")).json()).toMatchObject({ lines: [] });
});

it("an order is there for its owner, support and admin, and for nobody else", async () => {
  const statuses: Record<string, number> = {};
  for (const name of ["alice", "bob", "carol", "dave"]) {
    statuses[name] = (await (await loggedIn(name)).get("/orders/7")).status;
  }
  expect(statuses).toEqual({ alice: 200, bob: 404, carol: 200, dave: 200 });
});

it("the API lists the user's own orders, and all of them to support", async () => {
  const owners = async (name: string) => {
    const { orders } = (await (await (await loggedIn(name)).get("/api/orders")).json()) as {
      orders: { userId: string }[];
    };
    return new Set(orders.map((order) => order.userId));
  };
  expect(await owners("alice")).toEqual(new Set(["alice"]));
  expect(await owners("carol")).toEqual(new Set(["alice", "bob", "carol"]));
});

it("every page says that legacy served it, in its footer and nowhere modern", async () => {
  const client = await loggedIn("dave");
  const paths = [
    "/",
    "/catalog",
    "/cart",
    "/orders",
    "/orders/7",
    "/account",
    "/admin",
    "/upload",
    "/login",
    "/nowhere",
  ];
  for (const path of paths) {
    const page = await (await client.get(path)).text();
    expect(page.match(/<footer>[^]*<\/footer>/)?.[0], path).toContain("served by legacy");
    expect(page, path).not.toContain("served by modern");
  }
});

it("what a visitor writes is shown as text", async () => {
  const answer = await shopClient(shop.url).login('"><script>alert(1)</script>', "x");
  expect(await answer.text()).toContain("&quot;&gt;&lt;script&gt;alert(1)&lt;/script&gt;");
});

it("an unknown address is a page for a browser and JSON for a program", async () => {
  const client = shopClient(shop.url);
  const [page, api] = [await client.get("/nowhere"), await client.get("/api/nowhere")];
  expect([page.status, page.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
  expect([api.status, api.headers.get("content-type")]).toEqual([404, "application/json; charset=utf-8"]);
});

it("a program can place an order, and a senseless one is refused", async () => {
  const client = await loggedIn("alice");
  const order = (body: unknown) =>
    fetch(`${shop.url}/api/orders`, {
      method: "POST",
      headers: { "content-type": "application/json", cookie: client.cookie() },
      body: JSON.stringify(body),
    });
  expect((await order({ lines: [{ productId: "tea-assam", quantity: 1 }] })).status).toBe(201);
  expect((await order({ lines: [{ productId: "anvil", quantity: 1 }] })).status).toBe(400);
});
