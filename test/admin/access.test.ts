import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { StartError } from "../../src/start-error.ts";
import { callAdmin, type Problem } from "./call-admin.ts";
import { startGateway, type TestGateway } from "./start-gateway.ts";

const TOKEN = "a token of the tests, 41 characters long!";
const READS = ["/api/status", "/api/routes", "/api/flags", "/api/overrides", "/api/audit", "/api/keys", "/api/live"];
const PROTECTED = [...READS, "/api/series", "/metrics", "/nowhere"];

describe("with an admin token", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway({ environment: { FIGWAY_ADMIN_TOKEN: TOKEN } });
  });
  afterAll(() => gateway.stop());

  it.each(PROTECTED)(
    "%s is answered with 401 as problem+json, and the scheme is named, where no token is sent",
    async (path) => {
      const reply = await callAdmin(gateway.adminUrl, "GET", path);
      expect(reply.status).toBe(401);
      expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
      expect(reply.headers["www-authenticate"]).toBe('Bearer realm="figway admin"');
      expect(reply.json<Problem>()).toMatchObject({ status: 401, title: "Unauthorized" });
      expect(reply.json<Problem>().detail).toContain("Authorization: Bearer");
    },
  );

  it.each([
    ["another one of equal length", `Bearer ${"x".repeat(TOKEN.length)}`],
    ["its beginning", `Bearer ${TOKEN.slice(0, -1)}`],
    ["it with more behind it", `Bearer ${TOKEN}x`],
    ["nothing", "Bearer "],
    ["another scheme", `Basic ${Buffer.from(`admin:${TOKEN}`).toString("base64")}`],
    ["the bare token", TOKEN],
    ["a mile of text", `Bearer ${"x".repeat(8_000)}`],
  ])("%s is no token", async (_what, authorization) => {
    const reply = await callAdmin(gateway.adminUrl, "GET", "/api/status", { headers: { authorization } });
    expect(reply.status).toBe(401);
  });

  it("the token opens it, whatever name it is asked by", async () => {
    const headers = { authorization: `Bearer ${TOKEN}`, host: "figway.internal:3001" };
    expect((await callAdmin(gateway.adminUrl, "GET", "/api/status", { headers })).status).toBe(200);
    expect((await callAdmin(gateway.adminUrl, "GET", "/metrics", { headers })).status).toBe(200);
  });

  it("a change without the token changes nothing", async () => {
    const reply = await callAdmin(gateway.adminUrl, "PUT", "/api/flags/orders-modern", { body: { value: true } });
    expect(reply.status).toBe(401);
    expect(await gateway.sideOf("/orders/7")).toBe("legacy");
  });

  it("the token does not stand in a refusal, nor in any answer", async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const replies = await Promise.all(
      ["/api/status", "/api/routes", "/api/flags", "/api/keys", "/metrics", "/"].map((path) =>
        callAdmin(gateway.adminUrl, "GET", path, { headers }),
      ),
    );
    expect(replies.map(({ text }) => text).join("\n")).not.toContain(TOKEN);
  });

  it("health needs none", async () => {
    expect((await callAdmin(gateway.adminUrl, "GET", "/healthz")).status).toBe(200);
    expect((await callAdmin(gateway.adminUrl, "GET", "/readyz")).status).toBe(200);
  });
});

describe("without an admin token", () => {
  let gateway: TestGateway;
  beforeAll(async () => {
    gateway = await startGateway();
  });
  afterAll(() => gateway.stop());

  it.each(["localhost:3001", "127.0.0.1:3001", "127.0.0.1", "[::1]:3001", "LOCALHOST"])(
    "a request to %s is heard",
    async (host) => {
      const reply = await callAdmin(gateway.adminUrl, "GET", "/api/status", { headers: { host } });
      expect(reply.status).toBe(200);
    },
  );

  // A page at rebound.example whose name was pointed at 127.0.0.1 after it was loaded is of the same origin as what listens here.
  it.each([
    "rebound.example:3001",
    "127.0.0.1.rebound.example",
    "localhost.rebound.example",
    "10.0.0.5:3001",
    "figway",
  ])("a request to %s is not: its name may have been rebound to loopback", async (host) => {
    const replies = await Promise.all(
      ["/", "/api/status", "/metrics"].map((path) => callAdmin(gateway.adminUrl, "GET", path, { headers: { host } })),
    );
    expect(replies.map(({ status }) => status)).toEqual([403, 403, 403]);
    expect(replies[1]?.headers["content-type"]).toMatch(/^application\/problem\+json/);
  });

  it.each([
    ["a page of another site", { "sec-fetch-site": "cross-site" }],
    ["a page on another port, such as one of the proxied application", { "sec-fetch-site": "same-site" }],
    ["a page of another origin in a browser without Fetch Metadata", { origin: "http://127.0.0.1:3000" }],
    ["a page without an origin", { origin: "null" }],
  ])("%s cannot change anything", async (_who, headers) => {
    const { adminUrl } = gateway;
    const replies = await Promise.all([
      callAdmin(adminUrl, "PUT", "/api/flags/orders-modern", { headers, body: { value: true } }),
      callAdmin(adminUrl, "PUT", "/api/overrides/orders", { headers, body: { side: "modern" } }),
      callAdmin(adminUrl, "DELETE", "/api/overrides/orders", { headers, body: {} }),
      callAdmin(adminUrl, "POST", "/api/keys/rotate", { headers, body: {} }),
    ]);
    expect(replies.map(({ status }) => status)).toEqual([403, 403, 403, 403]);
    expect(await gateway.sideOf("/orders/7")).toBe("legacy");
  });

  it("the dashboard's own page may", async () => {
    const headers = { "sec-fetch-site": "same-origin", origin: gateway.adminUrl, host: new URL(gateway.adminUrl).host };
    const reply = await callAdmin(gateway.adminUrl, "PUT", "/api/flags/catalog-modern", {
      headers,
      body: { value: false },
    });
    expect(reply.status).toBe(200);
  });

  it("answers are not kept by anyone, sniffed, or shown in another page's frame", async () => {
    const reply = await callAdmin(gateway.adminUrl, "GET", "/api/status");
    expect(reply.headers).toMatchObject({ "cache-control": "no-store", "x-content-type-options": "nosniff" });
    expect(reply.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(reply.headers["x-powered-by"]).toBeUndefined();
  });

  it.each(["/", "/healthz", "/readyz", "/metrics", "/api/status", "/api/flags", "/api/live", "/assets/dashboard.js"])(
    "%s of the public listener is the application's, never the admin's",
    async (path) => {
      const adminHost = new URL(gateway.adminUrl).host;
      const plain = await callAdmin(gateway.publicUrl, "GET", path);
      expect(plain.text).toBe(`legacy ${path}`);
      const disguised = await callAdmin(gateway.publicUrl, "GET", path, { headers: { host: adminHost } });
      expect(disguised.text).toBe(`legacy ${path}`);
      const absolute = await callAdmin(gateway.publicUrl, "GET", `http://${adminHost}${path}`);
      expect(absolute.text).not.toMatch(/uptimeSeconds|figway_requests_total|"flags"|<html/);
    },
  );

  it("nothing of it lies under figway's own prefix on the public listener", async () => {
    const paths = ["api/status", "metrics", "flags", "overrides", "dashboard", "../api/status"];
    const replies = await Promise.all(paths.map((path) => callAdmin(gateway.publicUrl, "GET", `/.figway/${path}`)));
    expect(replies.filter(({ status }) => status === 200)).toEqual([]);
  });
});

it("beyond loopback figway does not start without a token, and says what to do", async () => {
  const starting = startGateway({ configure: (config) => (config["admin"] = { host: "0.0.0.0" }) });
  await expect(starting).rejects.toThrow(StartError);
  await expect(starting).rejects.toThrow("set FIGWAY_ADMIN_TOKEN");
});
