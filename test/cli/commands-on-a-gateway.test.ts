import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type RunningGateway, start } from "../../src/start.ts";
import { figway } from "./command-line.ts";

const TOKEN = "the token of the tests";
let folder: string;
let gateway: RunningGateway;
let environment: Record<string, string>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "figway-cli-"));
  const config = {
    upstreams: { legacy: { url: "http://127.0.0.1:9" }, modern: { url: "http://127.0.0.1:9" } },
    identity: { session: { kind: "none" } },
    routes: [
      { id: "orders", path: "/orders/*", flag: "orders-modern" },
      { id: "blue", path: "/blue", headers: { "x-team": "blue" }, flag: "orders-modern" },
      { id: "rest", path: "/*", to: "legacy" },
    ],
  };
  writeFileSync(join(folder, "routes.json"), JSON.stringify(config));
  writeFileSync(join(folder, "flags.json"), JSON.stringify({ "orders-modern": false }));
  gateway = await start({
    configFile: join(folder, "routes.json"),
    environment: { PORT: "0", ADMIN_PORT: "0", FIGWAY_ADMIN_TOKEN: TOKEN },
    logLevel: "silent",
  });
  environment = {
    FIGWAY_CONFIG: join(folder, "routes.json"),
    ADMIN_PORT: new URL(gateway.adminUrl).port,
    FIGWAY_ADMIN_TOKEN: TOKEN,
    FIGWAY_ACTOR: "tester",
  };
});

afterAll(async () => {
  await gateway.stop();
  rmSync(folder, { recursive: true, force: true });
});

it("flag flips the running gateway's flag, with who and why on record", async () => {
  const { code, out } = await figway(["flag", "orders-modern", "on", "--why", "GA"], environment);
  expect({ code, out }).toEqual({ code: 0, out: "orders-modern: off → on (in force now)\n" });
  expect((await figway(["routes"], environment)).out).toMatch(/orders .*modern: flag orders-modern is on/);
  const audit = await fetch(`${gateway.adminUrl}/api/audit`, { headers: { authorization: `Bearer ${TOKEN}` } });
  expect(await audit.json()).toMatchObject({
    records: [{ actor: "tester", target: "orders-modern", before: "off", after: "on", why: "GA" }],
  });
  const off = await figway(["flag", "orders-modern", "off", "--json"], environment);
  expect(JSON.parse(off.out)).toMatchObject({ flag: "orders-modern", before: "on", after: "off" });
});

it("flag says so when no route asks for the flag that it set", async () => {
  const { code, out } = await figway(["flag", "orders-modem", "on"], environment);
  const warning = "No route asks for the flag orders-modem, so this changes nothing. Did you mean orders-modern?";
  expect({ code, out }).toEqual({ code: 0, out: `orders-modem: absent → on (in force now)\n${warning}\n` });
  const json = await figway(["flag", "orders-modem", "off", "--json"], environment);
  expect(JSON.parse(json.out)).toMatchObject({ flag: "orders-modem", warning });
});

it("explain asks the running gateway, with header fields and host", async () => {
  const plain = await figway(["explain", "GET", "/blue", "--json"], environment);
  expect(JSON.parse(plain.out)).toMatchObject({ route: { id: "rest" }, reason: "no-flag" });
  const blue = await figway(["explain", "GET", "/blue", "--header", "X-Team: blue"], environment);
  expect(blue.out).toMatch(/^route +blue /m);
  expect(blue.out).toContain(`according to the gateway at ${gateway.adminUrl}`);
});

it("rollback and resume work on the running gateway", async () => {
  expect((await figway(["rollback", "orders", "--why", "totals"], environment)).out).toContain(
    "orders goes to legacy (in force now)",
  );
  expect((await figway(["routes"], environment)).out).toMatch(/orders .*override by tester/);
  expect((await figway(["status"], environment)).out).toContain("route orders goes to legacy, set by tester");
  expect((await figway(["resume", "--all"], environment)).out).toContain("orders: the flags decide again");
});

it("status says how the gateway is", async () => {
  const { code, out } = await figway(["status"], environment);
  expect(code).toBe(0);
  expect(out).toMatch(/^figway +\S+ on Node \S+, up .*, ready$/m);
  expect(out).toMatch(/^upstream +legacy .*up$/m);
  const json = await figway(["status", "--json"], environment);
  expect(JSON.parse(json.out)).toMatchObject({ running: true, ready: true });
});

it("keys are listed, and a rotation adds one", async () => {
  const keys = async () =>
    (JSON.parse((await figway(["keys", "list", "--json"], environment)).out) as { keys: unknown[] }).keys;
  const before = await keys();
  expect((await figway(["keys", "rotate"], environment)).out).toMatch(/^A new key is published\.\nkid /);
  expect(await keys()).toHaveLength(before.length + 1);
  const withdrawn = await figway(["keys", "rotate", "--compromised", "--why", "a laptop was lost"], environment);
  expect(withdrawn.out).toMatch(/^The new key signs from now on; all others are withdrawn\.\nkid /);
  expect(await keys()).toMatchObject([{ state: "signing" }]);
});

it("without the gateway's token nothing is told, and the remedy is", async () => {
  const { FIGWAY_ADMIN_TOKEN: _token, ...bare } = environment;
  const { code, error } = await figway(["status"], bare);
  expect(code).toBe(1);
  expect(error).toContain("set FIGWAY_ADMIN_TOKEN");
});

it("what the gateway refuses is told in its own words", async () => {
  const { code, error } = await figway(["flag", "orders-modern", "on", "--why", "x".repeat(1_001)], environment);
  expect(code).toBe(1);
  expect(error).toMatch(/1000/);
});

it("something else that listens there is not taken for a figway", async () => {
  const { code, error } = await figway(["status", "--admin", gateway.publicUrl], environment);
  expect(code).toBe(1);
  expect(error).toMatch(/^figway: /);
});
