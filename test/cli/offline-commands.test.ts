import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeDevEnvironment } from "../../src/cli/dev-environment.ts";
import { freePort } from "../../src/cli/dev/ports.ts";
import { figway } from "./command-line.ts";

let folder: string;
let environment: Record<string, string>;

const CONFIG = {
  upstreams: { legacy: { url: "http://127.0.0.1:4000" }, modern: { url: "http://127.0.0.1:5000" } },
  identity: {
    session: { kind: "express-session", secrets: ["${SESSION_SECRET}"], store: "${REDIS_URL}", subject: "/user/id" },
  },
  routes: [
    { id: "orders", path: "/orders/*", methods: ["GET"], flag: "orders-modern" },
    { id: "rest", path: "/*", to: "legacy" },
  ],
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), "figway-cli-"));
  write("routes.json", CONFIG);
  write("flags.json", { "orders-modern": false });
  environment = {
    FIGWAY_CONFIG: join(folder, "routes.json"),
    SESSION_SECRET: "secret",
    REDIS_URL: "redis://127.0.0.1:6379",
    // Nothing listens there: every command works on the files.
    ADMIN_PORT: String(await freePort()),
    FIGWAY_ACTOR: "tester",
  };
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("check is content with a good file and sums it up", async () => {
  const { code, out } = await figway(["check"], environment);
  expect(code).toBe(0);
  expect(out).toContain("is valid: 2 routes, upstreams legacy, modern, flags from flags.json (1 flags).");
});

it("check reports five different mistakes at once, each with place and remedy, and fails", async () => {
  write("routes.json", {
    ...CONFIG,
    upstreams: { legacy: { url: "http://127.0.0.1:4000" }, modern: { url: "no address" } },
    routes: [
      { id: "orders", path: "orders", flag: "orders-modern" },
      { id: "double", path: "/a", to: "nowhere" },
      { id: "double", path: "/b", to: "legacy" },
      { id: "typo", path: "/c", to: "legacy", tiemoutMs: 5 },
    ],
  });
  const { code, out } = await figway(["check", "--json"], environment);
  expect(code).toBe(1);
  const { problems } = JSON.parse(out) as {
    problems: { path: string; message: string; remedy: string; line: number }[];
  };
  const paths = new Set(problems.map(({ path }) => path));
  for (const path of [
    "upstreams.modern.url",
    "routes[0].path",
    "routes[1].to",
    "routes[2].id",
    "routes[3].tiemoutMs",
  ]) {
    expect(paths).toContain(path);
  }
  for (const problem of problems) {
    expect(problem.message).not.toBe("");
    expect(problem.remedy).not.toBe("");
    expect(problem.line).toBeGreaterThan(0);
  }
  const text = await figway(["check"], environment);
  expect(text.out).toMatch(/routes\.json:\d+:\d+ error at routes\[1\]\.to\n.*nowhere.*\n {2}→ /);
});

it("check warns of a flag that no flag file has, and is content all the same", async () => {
  write("flags.json", { "orders-modem": true });
  const { code, out } = await figway(["check"], environment);
  expect(code).toBe(0);
  expect(out).toContain("Route orders asks for the flag orders-modern, which is not in the file");
});

it("check reports a broken flag file with its place", async () => {
  writeFileSync(join(folder, "flags.json"), '{\n  "orders-modern": { "percent": 101 }\n}');
  const { code, out } = await figway(["check"], environment);
  expect(code).toBe(1);
  expect(out).toMatch(/flags\.json:2:\d+ error at orders-modern\.percent/);
});

it("explain says in words and in fields where a request goes", async () => {
  const { code, out } = await figway(["explain", "get", "/orders/7", "--as", "alice"], environment);
  expect(code).toBe(0);
  expect(out).toContain("For user alice it goes to legacy, because flag orders-modern is off.");
  expect(out).toMatch(/^route +orders \(\/orders\/\*\)$/m);
  expect(out).toMatch(/no gateway runs at/);
  const json = await figway(["explain", "GET", "/orders/7", "--as", "alice", "--json"], environment);
  expect(JSON.parse(json.out)).toMatchObject({ side: "legacy", reason: "flag-off", flag: "orders-modern" });
});

it("a flag that is set without a gateway is in the file, in force for explain and routes, and on record", async () => {
  const { code, out } = await figway(["flag", "orders-modern", "on", "--why", "GA"], environment);
  expect(code).toBe(0);
  expect(out).toContain("orders-modern: off → on (written to flags.json");
  expect(JSON.parse(readFileSync(join(folder, "flags.json"), "utf8"))).toEqual({ "orders-modern": true });
  expect((await figway(["routes"], environment)).out).toMatch(/orders .*modern: flag orders-modern is on/);
  const audit = JSON.parse(readFileSync(join(folder, ".figway/audit.jsonl"), "utf8")) as object;
  expect(audit).toMatchObject({ actor: "tester", target: "orders-modern", before: "off", after: "on", why: "GA" });
});

it("a percentage may be written with or without its sign", async () => {
  await figway(["flag", "orders-modern", "25"], environment);
  expect((await figway(["flag", "orders-modern"], environment)).out).toBe("orders-modern is 25 % of buckets\n");
  await figway(["flag", "orders-modern", "30%"], environment);
  expect((await figway(["flag"], environment)).out).toContain("30 % of buckets");
});

it("a flag that no route asks for is set with a warning, also without a gateway", async () => {
  const { code, out } = await figway(["flag", "orders-modem", "on"], environment);
  expect(code).toBe(0);
  expect(out).toMatch(/No route asks for the flag orders-modem, .* Did you mean orders-modern\?\n$/);
});

it("a flag nobody knows cannot be shown", async () => {
  const { code, error } = await figway(["flag", "nope"], environment);
  expect({ code, error }).toEqual({ code: 1, error: "figway: There is no flag nope; there are orders-modern.\n" });
});

it("a rollback without a gateway wins over the flag until it is resumed", async () => {
  await figway(["flag", "orders-modern", "on"], environment);
  expect((await figway(["rollback", "--all", "--why", "wrong totals"], environment)).out).toContain(
    "orders goes to legacy",
  );
  const explained = await figway(["explain", "GET", "/orders/7", "--json"], environment);
  expect(JSON.parse(explained.out)).toMatchObject({ side: "legacy", reason: "override" });
  expect((await figway(["resume", "orders"], environment)).code).toBe(0);
  const resumed = await figway(["explain", "GET", "/orders/7", "--json"], environment);
  expect(JSON.parse(resumed.out)).toMatchObject({ side: "modern", reason: "flag-on" });
  expect((await figway(["resume", "orders"], environment)).code).toBe(1);
});

it("a route that is always legacy's, or none at all, cannot be rolled back", async () => {
  expect((await figway(["rollback", "rest"], environment)).error).toContain("There is no route rest that could be");
  expect((await figway(["rollback", "ghost"], environment)).code).toBe(1);
});

it("status fails where no gateway answers, and says how to start one", async () => {
  const { code, out } = await figway(["status"], environment);
  expect(code).toBe(1);
  expect(out).toMatch(/Nothing answers at http:\/\/127\.0\.0\.1:\d+\. Start figway with: figway start/);
});

it("with --admin, nothing is worked out from the files instead", async () => {
  const admin = `http://127.0.0.1:${environment["ADMIN_PORT"]}`;
  const { code, out, error } = await figway(["explain", "GET", "/", "--admin", admin], environment);
  expect({ code, out }).toEqual({ code: 1, out: "" });
  expect(error).toContain(`Nothing answers at ${admin}`);
  expect((await figway(["flag", "orders-modern", "on", "--admin", admin], environment)).code).toBe(1);
  expect(JSON.parse(readFileSync(join(folder, "flags.json"), "utf8"))).toEqual({ "orders-modern": false });
});

it("a failure is JSON where JSON was asked for", async () => {
  const { code, out } = await figway(["keys", "list", "--json"], environment);
  expect(code).toBe(1);
  expect(JSON.parse(out)).toMatchObject({ error: expect.stringContaining("Nothing answers") as string });
});

it("what figway dev left fills in what the environment lacks, and that is said", async () => {
  const { SESSION_SECRET: _secret, REDIS_URL: _url, ...bare } = environment;
  expect((await figway(["check"], bare)).code).toBe(1);
  const configFile = join(folder, "routes.json");
  writeDevEnvironment(configFile, { SESSION_SECRET: "it's kept", REDIS_URL: "redis://127.0.0.1:1", ADMIN_PORT: "1" });
  const { code, error } = await figway(["check"], bare);
  expect(code).toBe(0);
  expect(error).toMatch(/^figway: with the settings that figway dev left in .*\.figway\/dev\.env\n$/);
  expect(statSync(join(folder, ".figway/dev.env")).mode & 0o777).toBe(0o600);
});

it("init writes files that check accepts, and never replaces any unasked", async () => {
  const config = join(folder, "fresh/routes.json");
  const fresh = { ...environment, FIGWAY_CONFIG: config };
  expect((await figway(["init"], fresh)).code).toBe(0);
  const checked = await figway(["check"], fresh);
  expect(checked.out).toContain("is valid: 2 routes");
  expect(checked.code).toBe(0);
  writeFileSync(config, "{}");
  const again = await figway(["init"], fresh);
  expect(again.code).toBe(1);
  expect(again.error).toContain("nothing was written");
  expect(readFileSync(config, "utf8")).toBe("{}");
  expect((await figway(["init", "--force"], fresh)).code).toBe(0);
  expect(readFileSync(config, "utf8")).not.toBe("{}");
});

function write(file: string, content: object): void {
  writeFileSync(join(folder, file), JSON.stringify(content, null, 2));
}
