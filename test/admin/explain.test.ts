import { afterAll, beforeAll, expect, it } from "vitest";
import { callAdmin, type Problem } from "./call-admin.ts";
import { startGateway, type TestGateway } from "./start-gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ flags: { "orders-modern": { users: ["alice"] }, "catalog-modern": false } });
});
afterAll(() => gateway.stop());

interface Explained {
  readonly side: string;
  readonly reason: string;
  readonly sentences: readonly string[];
}

const explain = async (question: unknown) =>
  (await callAdmin(gateway.adminUrl, "POST", "/api/explain", { body: question })).json<Explained>();

it("/api/explain answers what a request would get, for one user and for another, in words", async () => {
  const alice = await explain({ method: "GET", target: "/orders/7", as: "alice" });
  expect(alice).toMatchObject({ side: "modern", reason: "flag-on" });
  expect(alice.sentences.join(" ")).toContain("user alice");
  expect(await explain({ method: "GET", target: "/orders/7", as: "bob" })).toMatchObject({
    side: "legacy",
    reason: "flag-off",
  });
});

it("/api/explain knows of overrides", async () => {
  await callAdmin(gateway.adminUrl, "PUT", "/api/overrides/orders", { body: { actor: "carol", why: "drill" } });
  const alice = await explain({ method: "GET", target: "/orders/7", as: "alice" });
  expect(alice).toMatchObject({ side: "legacy", reason: "override" });
  expect(alice.sentences.join(" ")).toContain("carol set an override (drill)");
  await callAdmin(gateway.adminUrl, "DELETE", "/api/overrides/orders", { body: {} });
});

it("/api/routes says of each route what happens now, in words", async () => {
  await callAdmin(gateway.adminUrl, "PUT", "/api/overrides/moved", { body: { actor: "carol" } });
  const reply = await callAdmin(gateway.adminUrl, "GET", "/api/routes");
  const { routes } = reply.json<{ routes: { id: string; path: string; decision: string }[] }>();
  expect(routes.map(({ id, decision }) => [id, decision])).toEqual([
    ["orders", "modern or legacy: flag orders-modern is on for users alice"],
    ["catalog", "legacy: flag catalog-modern is off"],
    ["moved", "legacy: override by carol"],
    ["everything-else", "legacy: always"],
  ]);
  await callAdmin(gateway.adminUrl, "DELETE", "/api/overrides/moved", { body: {} });
});

it("/api/explain tells of a request that would be refused", async () => {
  expect(await explain({ method: "GET", target: "/orders/..%2fcatalog" })).toMatchObject({ side: "refused" });
});

it.each([
  ["no method", { target: "/" }, "method"],
  ["no target", { method: "GET" }, "target"],
  ["a target without a slash", { method: "GET", target: "orders" }, "target"],
  ["a method with a line break", { method: "GET\r\n", target: "/" }, "method"],
  ["headers that are no text", { method: "GET", target: "/", headers: { a: 1 } }, "headers"],
])("/api/explain answers %s with 400 that names it", async (_what, body, named) => {
  const reply = await callAdmin(gateway.adminUrl, "POST", "/api/explain", { body });
  expect([reply.status, reply.json<Problem>().detail]).toEqual([400, expect.stringContaining(named)]);
});
