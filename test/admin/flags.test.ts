import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { callAdmin, type Problem } from "./call-admin.ts";
import { startGateway, type TestGateway } from "./start-gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

const put = (flag: string, body: unknown) => callAdmin(gateway.adminUrl, "PUT", `/api/flags/${flag}`, { body });

describe("PUT /api/flags/:name", () => {
  it("switches a flag on and off, effective on the very next request", async () => {
    const on = await put("orders-modern", { value: true, actor: "alice", why: "first route" });
    expect([on.status, on.json()]).toEqual([200, { flag: "orders-modern", before: "off", after: "on" }]);
    expect(await gateway.sideOf("/orders/7")).toBe("modern");
    await put("orders-modern", { value: false, actor: "alice" });
    expect(await gateway.sideOf("/orders/7")).toBe("legacy");
  });

  it("writes who, what, before, after and why into the trail, once per flip", async () => {
    await put("catalog-modern", { value: { percent: 25 }, actor: "bob", why: "a quarter first" });
    await put("catalog-modern", { value: true, actor: "carol" });
    const trail = gateway.auditFile().filter(({ target }) => target === "catalog-modern");
    expect(trail).toMatchObject([
      { actor: "bob", action: "flag-changed", before: "off", after: "25 % of buckets", why: "a quarter first" },
      { actor: "carol", action: "flag-changed", before: "25 % of buckets", after: "on" },
    ]);
    expect(trail[0]?.at).toMatch(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
    const shown = (await callAdmin(gateway.adminUrl, "GET", "/api/audit")).json<{ records: unknown[] }>().records;
    expect(shown.slice(0, 2)).toEqual(trail.toReversed());
  });

  it("each of many changes at once is written under the name of whoever made it", async () => {
    const actors = Array.from({ length: 8 }, (_, index) => `operator-${index}`);
    await put("orders-modern", { value: { percent: 99 }, actor: "nobody" });
    await Promise.all(
      actors.map((actor, index) =>
        put("orders-modern", { value: { percent: index + 1 }, actor, why: `to ${index + 1}` }),
      ),
    );
    const trail = gateway.auditFile().slice(-actors.length);
    expect(trail.map(({ actor }) => actor).toSorted()).toEqual(actors);
    for (const { actor, after, why } of trail) {
      const percent = Number(actor.split("-")[1]) + 1;
      expect([after, why]).toEqual([`${percent} % of buckets`, `to ${percent}`]);
    }
  });

  it("GET /api/flags shows the flags as they are now", async () => {
    await put("catalog-modern", { value: { percent: 40 } });
    const reply = (await callAdmin(gateway.adminUrl, "GET", "/api/flags")).json<{ flags: { name: string }[] }>();
    expect(reply.flags.find(({ name }) => name === "catalog-modern")).toEqual({
      name: "catalog-modern",
      enabled: true,
      summary: "40 % of buckets",
      source: "file",
    });
  });

  it.each([
    ["no value", {}, "value"],
    ["a percentage over 100", { value: { percent: 101 } }, "percent"],
    ["a broken percentage", { value: { percent: 2.5 } }, "percent"],
    ["a word", { value: "on" }, "value"],
    ["a member it does not know", { value: true, reason: "typo" }, "reason"],
    ["an actor of 300 characters", { value: true, actor: "x".repeat(300) }, "actor"],
    ["an empty actor", { value: true, actor: "" }, "actor"],
    ["an actor with control characters", { value: true, actor: "al\u001b[31mice\n" }, "actor"],
    ["a list", [true], "object"],
  ])("%s is answered with 400 that names it, and changes nothing", async (_what, body, named) => {
    const before = (await callAdmin(gateway.adminUrl, "GET", "/api/flags")).text;
    const reply = await put("orders-modern", body);
    expect(reply.status).toBe(400);
    expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
    expect(reply.json<Problem>().detail).toContain(named);
    expect(reply.json<Problem>().detail).not.toMatch(/[\n✖]/);
    const flagsOf = (text: string) => (JSON.parse(text) as { flags: unknown }).flags;
    expect(flagsOf((await callAdmin(gateway.adminUrl, "GET", "/api/flags")).text)).toEqual(flagsOf(before));
  });

  it.each(["", "$schema", "__proto__"])("a flag cannot be called %j", async (name) => {
    const reply = await put(encodeURIComponent(name), { value: true });
    expect(reply.status).toBeGreaterThanOrEqual(400);
    expect(reply.status).toBeLessThan(500);
  });
});

describe("a body", () => {
  const send = (text: string, headers: Record<string, string> = {}) =>
    callAdmin(gateway.adminUrl, "PUT", "/api/flags/orders-modern", { text, headers });

  it("that is not JSON is answered with 400 that says so", async () => {
    const reply = await send('{ "value": tru');
    expect(reply.status).toBe(400);
    expect(reply.json<Problem>().detail).toMatch(/^The body is not valid JSON: /);
  });

  it("that is too large is answered with 413 that names the limit", async () => {
    const reply = await send(JSON.stringify({ value: true, why: "x".repeat(70_000) }));
    expect(reply.status).toBe(413);
    expect(reply.json<Problem>().detail).toBe("The body is larger than 64 KiB.");
  });

  it("of another type is answered with 415 instead of being taken for an empty one", async () => {
    const headers = { "content-type": "application/x-www-form-urlencoded" };
    const body = { text: '{"side":"modern"}', headers };
    const reply = await callAdmin(gateway.adminUrl, "PUT", "/api/overrides/orders", body);
    expect(reply.status).toBe(415);
    expect(reply.json<Problem>().detail).toContain("Content-Type: application/json");
    expect((await callAdmin(gateway.adminUrl, "GET", "/api/overrides")).json()).toEqual({ overrides: [] });
  });

  it("in an unknown encoding is answered with 415", async () => {
    expect((await send('{"value":true}', { "content-encoding": "zstd-or-so" })).status).toBe(415);
  });
});

it("a path that cannot be decoded is answered with 400", async () => {
  const reply = await callAdmin(gateway.adminUrl, "PUT", "/api/flags/%E0%A4%A", { body: { value: true } });
  expect(reply.status).toBe(400);
  expect(reply.headers["content-type"]).toMatch(/^application\/problem\+json/);
});

it("a method that a path does not know is answered with 405 that names those it knows", async () => {
  const reply = await callAdmin(gateway.adminUrl, "POST", "/api/flags/orders-modern", { body: { value: true } });
  expect([reply.status, reply.headers["allow"]]).toEqual([405, "PUT"]);
  expect((await callAdmin(gateway.adminUrl, "GET", "/api/nothing")).status).toBe(404);
});
