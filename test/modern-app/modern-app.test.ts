import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningModernApp, startModernApp } from "../../modern-app/start-modern-app.ts";
import { createTestIssuer } from "../../src/verify.ts";
import { type KeySetServer, startKeySetServer } from "./key-set-server.ts";

let keys: KeySetServer;
let shop: RunningModernApp;
const warnings: string[] = [];

const ROLES: Record<string, string> = { alice: "customer", bob: "customer", carol: "support", dave: "admin" };
const PAGE = { accept: "text/html" };

beforeAll(async () => {
  keys = await startKeySetServer();
  shop = await startModernApp({ jwksUrl: keys.jwksUrl, warn: (line) => warnings.push(line) });
});

afterAll(async () => {
  await shop.close();
  await keys.close();
});

async function get(path: string, user?: string, headers: Record<string, string> = {}): Promise<Response> {
  return await fetch(shop.url + path, {
    headers: user === undefined ? headers : { ...headers, ...(await bearer(user)) },
  });
}

async function bearer(name: string): Promise<{ authorization: string }> {
  return {
    authorization: await keys.issuer.authorization({ subject: name, claims: { name, roles: [ROLES[name] ?? ""] } }),
  };
}

it("the user is whom the token names", async () => {
  expect(await (await get("/api/me", "alice")).json()).toEqual({
    user: { id: "alice", name: "alice", roles: ["customer"] },
    servedBy: "modern",
  });
});

it("without a token nobody is logged in, and that is an answer", async () => {
  const answer = await get("/api/me");
  expect([answer.status, await answer.json()]).toEqual([200, { user: null, servedBy: "modern" }]);
});

it("a token that is not right is refused everywhere, rather than taken for nobody", async () => {
  const stranger = createTestIssuer({ issuer: "figway", audience: "shop-modern" });
  const none = `${Buffer.from('{"alg":"none"}').toString("base64url")}.${Buffer.from('{"sub":"dave"}').toString("base64url")}.`;
  const wrong = {
    audience: await keys.issuer.issue({ subject: "alice", audience: "shop-other" }),
    issuer: await keys.issuer.issue({ subject: "alice", issuer: "somebody" }),
    expired: await keys.issuer.issue({ subject: "alice", expiresInSeconds: -60 }),
    algorithm: await keys.edDsaIssuer.issue({ subject: "alice" }),
    key: await stranger.issue({ subject: "alice" }),
    none,
    garbage: "not.a.token",
  };
  for (const [what, token] of Object.entries(wrong)) {
    for (const path of ["/api/me", "/api/orders", "/orders", "/catalog"]) {
      const answer = await fetch(shop.url + path, { headers: { authorization: `Bearer ${token}` } });
      expect([what, path, answer.status]).toEqual([what, path, 401]);
      expect(answer.headers.get("content-type")).toContain("application/problem+json");
      expect(answer.headers.get("www-authenticate")).toContain('error="invalid_token"');
    }
  }
});

it("what needs a user is refused without one: a problem for programs, a page for people", async () => {
  const api = await get("/api/orders");
  expect([api.status, api.headers.get("content-type")]).toEqual([401, "application/problem+json"]);
  expect(await api.json()).toMatchObject({ status: 401, title: "Unauthorized" });
  const page = await get("/orders", undefined, PAGE);
  expect([page.status, page.headers.get("content-type")]).toEqual([401, "text/html; charset=utf-8"]);
  expect(await page.text()).toContain('href="/login?next=%2Forders"');
});

it("an order is there for its owner, support and admin, and for nobody else", async () => {
  const statuses: Record<string, number> = {};
  for (const name of Object.keys(ROLES)) statuses[name] = (await get("/orders/7", name)).status;
  expect(statuses).toEqual({ alice: 200, bob: 404, carol: 200, dave: 200 });
  expect((await get("/api/orders/7", "bob")).headers.get("content-type")).toContain("application/problem+json");
});

it("only the admin sees the administration", async () => {
  expect((await get("/admin", "dave", PAGE)).status).toBe(200);
  const [page, problem] = [await get("/admin", "alice", PAGE), await get("/admin", "alice")];
  expect([page.status, page.headers.get("content-type")]).toEqual([403, "text/html; charset=utf-8"]);
  expect([problem.status, problem.headers.get("content-type")]).toEqual([403, "application/problem+json"]);
});

it("every page says that modern served it, in its footer and nowhere legacy", async () => {
  for (const path of ["/", "/catalog", "/orders", "/orders/7", "/account", "/admin", "/nowhere"]) {
    const page = await (await get(path, "dave", PAGE)).text();
    expect(page.match(/<footer>[^]*<\/footer>/)?.[0], path).toContain("served by modern");
    expect(page, path).not.toContain("served by legacy");
    expect(page, path).toContain(path === "/nowhere" ? "Not Found" : "Hello, <strong>dave</strong>");
  }
});

it("an order is placed for the user of the token", async () => {
  const place = async (body: string) =>
    await fetch(`${shop.url}/api/orders`, {
      method: "POST",
      headers: { "content-type": "application/json", ...(await bearer("bob")) },
      body,
    });
  const answer = await place('{"lines":[{"productId":"tea-assam","quantity":2}]}');
  expect(answer.status).toBe(201);
  expect(await (await get(answer.headers.get("location") ?? "", "bob")).json()).toMatchObject({
    order: { userId: "bob" },
  });
  for (const body of ['{"lines":[]}', "{"]) {
    const refused = await place(body);
    expect([refused.status, refused.headers.get("content-type")]).toEqual([
      400,
      "application/problem+json; charset=utf-8",
    ]);
  }
  expect((await fetch(`${shop.url}/api/orders`, { method: "POST" })).status).toBe(401);
});

it("a path that does not exist is a problem document", async () => {
  const answer = await get("/cart");
  expect([answer.status, await answer.json()]).toEqual([
    404,
    expect.objectContaining({ status: 404, instance: "/cart" }),
  ]);
});

it("a cookie that arrives is warned of by name, never by value, and counted", async () => {
  const before = (await (await get("/api/last-request")).json()) as { cookieRequests: number };
  warnings.length = 0;
  await get("/api/me", undefined, { cookie: "connect.sid=s%3Asecret; theme=dark" });
  expect(warnings).toEqual([expect.stringMatching(/^WARNING: a Cookie header reached modern.*connect\.sid, theme/)]);
  expect(warnings.join()).not.toContain("secret");
  const after = (await (await get("/api/last-request")).json()) as { cookieRequests: number };
  expect(after.cookieRequests).toBe(before.cookieRequests + 1);
});

it("the last request can be looked at from the same machine: names and claims, no credential", async () => {
  const { authorization } = await bearer("alice");
  await fetch(`${shop.url}/orders/7?x=1`, { headers: { authorization, "x-request-id": "r1" } });
  const text = await (await get("/api/last-request")).text();
  expect(JSON.parse(text)).toMatchObject({
    lastRequest: {
      method: "GET",
      path: "/orders/7",
      status: 200,
      headerNames: expect.arrayContaining(["authorization", "x-request-id"]),
      cookieArrived: false,
      token: {
        verified: true,
        header: { alg: "ES256", typ: "at+jwt" },
        claims: { iss: "figway", aud: "shop-modern", sub: "alice", name: "alice", roles: ["customer"] },
      },
    },
  });
  expect(text).not.toContain(authorization.split(".")[2]);
});

it("a token that was refused is shown as not verified", async () => {
  const token = await keys.issuer.issue({ subject: "alice", audience: "shop-other" });
  await fetch(`${shop.url}/api/me`, { headers: { authorization: `Bearer ${token}` } });
  expect(await (await get("/api/last-request")).json()).toMatchObject({
    lastRequest: { status: 401, token: { verified: false, claims: { aud: "shop-other" } } },
  });
});

it("the last request is not shown through a proxy", async () => {
  expect((await get("/api/last-request", undefined, { "x-forwarded-for": "127.0.0.1" })).status).toBe(404);
});

it("while figway's keys cannot be fetched, a token is answered by 503 and the rest goes on", async () => {
  const alone = await startModernApp({ jwksUrl: "http://127.0.0.1:1/.figway/jwks.json" });
  const answer = await fetch(`${alone.url}/api/me`, { headers: await bearer("alice") });
  expect([answer.status, answer.headers.has("retry-after")]).toEqual([503, true]);
  expect((await fetch(`${alone.url}/healthz`)).status).toBe(200);
  expect((await fetch(`${alone.url}/api/catalog`)).status).toBe(200);
  await alone.close();
});
