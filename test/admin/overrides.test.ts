import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import type { Server } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../doubles/start-shop.ts";
import { callAdmin, type Problem } from "./call-admin.ts";
import { serve, startGateway, type TestGateway, urlOf } from "./start-gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ flags: { "orders-modern": true, "catalog-modern": false } });
});
afterAll(() => gateway.stop());

const put = (route: string, body: unknown) => callAdmin(gateway.adminUrl, "PUT", `/api/overrides/${route}`, { body });
const clear = (route: string, body: unknown) =>
  callAdmin(gateway.adminUrl, "DELETE", `/api/overrides/${route}`, { body });

it("an override stops a route on the very next request, and its end starts it on the very next one", async () => {
  expect(await gateway.sideOf("/orders/7")).toBe("modern");
  const set = await put("orders", { side: "legacy", actor: "alice", why: "totals are wrong" });
  expect(set.status).toBe(200);
  expect(set.json()).toMatchObject({
    overrides: [{ routeId: "orders", side: "legacy", actor: "alice", why: "totals are wrong" }],
  });
  expect(await gateway.sideOf("/orders/7")).toBe("legacy");
  const cleared = await clear("orders", { actor: "bob", why: "totals are mended" });
  expect([cleared.status, cleared.json()]).toEqual([200, { cleared: true, overrides: [] }]);
  expect(await gateway.sideOf("/orders/7")).toBe("modern");
});

it("an override stops a route that has no flag", async () => {
  expect(await gateway.sideOf("/moved/1")).toBe("modern");
  await put("moved", { actor: "alice" });
  expect(await gateway.sideOf("/moved/1")).toBe("legacy");
  await clear("moved", { actor: "alice" });
});

it("both ends stand in the trail, with before, after and why", () => {
  const trail = gateway.auditFile().filter(({ target }) => target === "orders");
  expect(trail).toMatchObject([
    { actor: "alice", action: "override-set", before: "none", after: "legacy", why: "totals are wrong" },
    { actor: "bob", action: "override-cleared", before: "legacy", after: "none", why: "totals are mended" },
  ]);
});

it("an override outlives a restart", async () => {
  await put("orders", { actor: "alice" });
  await gateway.restart();
  expect(await gateway.sideOf("/orders/7")).toBe("legacy");
  const { overrides } = (await callAdmin(gateway.adminUrl, "GET", "/api/overrides")).json<{ overrides: unknown[] }>();
  expect(overrides).toMatchObject([{ routeId: "orders", side: "legacy", actor: "alice" }]);
  await clear("orders", {});
});

it("a route that does not exist is answered with 400 that names those that do", async () => {
  const reply = await put("order", { actor: "alice" });
  expect(reply.status).toBe(400);
  expect(reply.json<Problem>().detail).toBe(
    "There is no route order; the routes are orders, catalog, moved, everything-else.",
  );
});

it("a route that only legacy serves cannot be sent to modern", async () => {
  const reply = await put("everything-else", { side: "modern" });
  expect(reply.status).toBe(400);
  expect(reply.json<Problem>().detail).toContain("names no modern upstream");
  expect((await callAdmin(gateway.adminUrl, "GET", "/api/overrides")).json()).toEqual({ overrides: [] });
});

it.each([
  ["a third side", { side: "middle" }, "side"],
  ["a member it does not know", { because: "x" }, "because"],
])("%s is answered with 400 that names it", async (_what, body, named) => {
  const reply = await put("orders", body);
  expect([reply.status, reply.json<Problem>().detail]).toEqual([400, expect.stringContaining(named)]);
  expect((await clear("orders", { because: "x" })).status).toBe(400);
});

it("clearing what is not set says so and leaves no record", async () => {
  const before = gateway.auditFile().length;
  expect((await clear("orders", { actor: "alice" })).json()).toEqual({ cleared: false, overrides: [] });
  expect(gateway.auditFile()).toHaveLength(before);
});

it("an override that cannot be written is not in force, and the answer says which file could not be", async () => {
  const blocked = await startGateway({ flags: { "orders-modern": true } });
  try {
    // A folder in the file's place fails for every user, root as well.
    mkdirSync(join(blocked.directory, ".figway", "overrides.json"), { recursive: true });
    writeFileSync(join(blocked.directory, ".figway", "overrides.json", "keep"), "");
    chmodSync(join(blocked.directory, ".figway"), 0o700);
    const reply = await callAdmin(blocked.adminUrl, "PUT", "/api/overrides/orders", { body: { actor: "alice" } });
    expect(reply.status).toBe(500);
    expect(reply.json<Problem>().detail).toMatch(/could not be written.*overrides\.json/);
    expect(await blocked.sideOf("/orders/7")).toBe("modern");
    rmSync(join(blocked.directory, ".figway", "overrides.json"), { recursive: true });
  } finally {
    await blocked.stop();
  }
});

it("an override wins, and comes and goes, while Unleash is down", async () => {
  const strategy = { name: "default", parameters: {}, constraints: [] };
  const feature = { name: "orders-modern", type: "release", enabled: true, strategies: [strategy], variants: [] };
  const unleash: Server = await serve((request, response) => {
    request.resume();
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ version: 2, features: [feature] }));
  });
  const environment = { UNLEASH_URL: `${urlOf(unleash)}/api`, UNLEASH_TOKEN: "default:development.secret" };
  const moved = await startGateway({ environment });
  try {
    await eventually(async () => expect(await moved.sideOf("/orders/7")).toBe("modern"));
    unleash.closeAllConnections();
    unleash.close();
    await eventually(async () => {
      const status = (await callAdmin(moved.adminUrl, "GET", "/api/status")).json<{ flags: { lastError?: string } }>();
      expect(status.flags.lastError).toContain("Unleash cannot be reached");
    }, 15_000);
    expect(await moved.sideOf("/orders/7")).toBe("modern");
    await callAdmin(moved.adminUrl, "PUT", "/api/overrides/orders", { body: { actor: "alice" } });
    expect(await moved.sideOf("/orders/7")).toBe("legacy");
    await callAdmin(moved.adminUrl, "DELETE", "/api/overrides/orders", { body: { actor: "alice" } });
    expect(await moved.sideOf("/orders/7")).toBe("modern");
    const flip = await callAdmin(moved.adminUrl, "PUT", "/api/flags/orders-modern", { body: { value: false } });
    expect([flip.status, flip.json<Problem>().detail]).toEqual([409, expect.stringContaining("UNLEASH_ADMIN_TOKEN")]);
  } finally {
    await moved.stop();
    unleash.close();
  }
});
