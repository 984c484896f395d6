import { readFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type LoadResult, loadConfig, parseConfig } from "../../src/config/load-config.ts";
import type { Problem } from "../../src/model/problem.ts";

const ROOT = join(import.meta.dirname, "../..");
const FIXTURES = join(import.meta.dirname, "../fixtures/config");

function parse(value: unknown, environment: Record<string, string> = {}): LoadResult {
  return parseConfig(typeof value === "string" ? value : JSON.stringify(value), environment, { file: "routes.json" });
}

function problemsOf(result: LoadResult): readonly Problem[] {
  return result.ok ? result.warnings : result.problems;
}

const minimal = {
  upstreams: { legacy: { url: "http://127.0.0.1:4000" }, modern: { url: "http://127.0.0.1:5000" } },
  identity: { session: { kind: "none" } },
  routes: [{ id: "orders", path: "/orders/*", flag: "orders-modern" }] as Record<string, unknown>[],
};

const withSession = {
  ...minimal,
  identity: {
    session: {
      kind: "express-session",
      secrets: ["${SESSION_SECRET}"],
      store: "${REDIS_URL:-redis://127.0.0.1:6379}",
      subject: "/user/id",
    },
  },
};

it("loads the demo's routes.json with nothing but the session secret in the environment", () => {
  const result = loadConfig({ file: join(ROOT, "routes.json"), environment: { SESSION_SECRET: "s" } });
  if (!result.ok) throw new Error(JSON.stringify(result.problems, null, 2));
  expect(result.warnings).toEqual([]);
  expect(result.config.identity.session).toMatchObject({ secrets: ["s"], store: "redis://127.0.0.1:6379" });
  expect(result.config.upstreams["modern"]).toMatchObject({ url: "http://127.0.0.1:5000", audience: "shop-modern" });
  const flags = Object.keys(JSON.parse(readFileSync(join(ROOT, "flags.json"), "utf8")) as object);
  expect(new Set(result.config.routes.flatMap(({ flag }) => flag ?? []))).toEqual(new Set(flags));
});

it("reports every mistake of a file at once, each with its path, its place and a remedy", () => {
  const result = loadConfig({ file: join(FIXTURES, "nine-mistakes.jsonc"), environment: {} });
  expect(result.ok).toBe(false);
  const problems = problemsOf(result);
  expect(problems.map(({ path, line, column }) => `${path} ${line}:${column}`)).toEqual([
    "upstreams.modern.connectTimeoutMs 5:69",
    "identity.session.secrets[0] 10:19",
    "identity.session.subject 12:18",
    "routes[0].fallbck 16:72",
    "routes[1].to 17:48",
    "routes[2].id 18:13",
    "routes[3].flag 19:5",
    "routes[6] 22:5",
    "routes[7].path 23:30",
  ]);
  expect(problems.map(({ message, remedy }) => `${message} ${remedy}`)).toEqual([
    expect.stringContaining("must be a number"),
    expect.stringContaining("SESSION_SECRET is not set"),
    expect.stringContaining("JSON Pointer"),
    expect.stringContaining("`fallbck` is not a known key. Did you mean `fallback`?"),
    expect.stringContaining('no upstream called "modren". Did you mean "modern"?'),
    expect.stringContaining('"search" is already that of routes[1]'),
    expect.stringContaining("neither a `flag` nor a `to`"),
    expect.stringContaining('"order-copy" (routes[6]) and "orders" (routes[4])'),
    expect.stringContaining("* as a whole segment"),
  ]);
});

it("reads comments, trailing commas and a byte order mark", () => {
  const text = `\uFEFF// at the top\n${JSON.stringify(minimal).replace(/}$/, ", /* in the end */ }")}`;
  expect(parse(text)).toMatchObject({ ok: true, warnings: [] });
});

it("says where the JSON is broken, without quoting what stands there", () => {
  const [problem] = problemsOf(parse('{\n  "secrets": ["a"] hunter2\n}'));
  expect(problem).toMatchObject({ path: "", line: 2, column: 20 });
  expect(JSON.stringify(problem)).not.toContain("unter2");
  expect(problemsOf(parse('{ "a": '))[0]?.message).toContain("ends in the middle");
  expect(problemsOf(parse("[".repeat(100_000)))).toHaveLength(1);
});

it("refuses a member that is given twice, since one of the two would not count", () => {
  const text = JSON.stringify(minimal).replace('"flag":', '"flag":"other","flag":');
  expect(problemsOf(parse(text))).toMatchObject([{ path: "routes[0].flag", severity: "error" }]);
});

it("says what to do when there is no file", () => {
  const result = loadConfig({ file: join(FIXTURES, "no-such-file.json"), environment: {} });
  expect(problemsOf(result)).toMatchObject([{ path: "", remedy: expect.stringContaining("FIGWAY_CONFIG") }]);
});

it("freezes a configuration all the way down", () => {
  const result = parse(minimal);
  if (!result.ok) throw new Error("does not load");
  const thaw: string[] = [];
  const visit = (value: unknown, path: string): void => {
    if (typeof value !== "object" || value === null) return;
    if (!Object.isFrozen(value)) thaw.push(path);
    for (const [name, member] of Object.entries(value)) visit(member, `${path}.${name}`);
  };
  visit(result.config, "config");
  expect(thaw).toEqual([]);
});

it("fills in where a route goes, and that roles need a login", () => {
  const routes = [
    { id: "orders", path: "/orders", flag: "orders-modern" },
    { id: "admin", path: "/admin", flag: "admin-modern", roles: ["admin"] },
  ];
  const identity = { session: { ...withSession.identity.session, claims: { roles: "/roles" } } };
  expect(parse({ ...minimal, identity, routes }, { SESSION_SECRET: "s" })).toMatchObject({
    config: {
      routes: [
        { to: "modern", auth: "optional" },
        { to: "modern", auth: "required" },
      ],
    },
  });
});

it("does not report one mistake twice: a misspelt key is not also a missing one, nor a broken rule", () => {
  const routes = [{ id: "orders", paht: "/orders", falg: "orders-modern" }];
  expect(problemsOf(parse({ ...minimal, routes })).map(({ path }) => path)).toEqual([
    "routes[0].paht",
    "routes[0].falg",
  ]);
});

it("says of an unset variable only that it is unset", () => {
  const routes = [{ id: "orders", path: "${BASE}/*", to: "${UPSTREAM}", timeoutMs: "${TIMEOUT}" }];
  expect(problemsOf(parse({ ...minimal, routes })).map(({ message }) => message)).toEqual([
    "The environment variable BASE is not set.",
    "The environment variable UPSTREAM is not set.",
    "The environment variable TIMEOUT is not set.",
  ]);
});

it("never shows a value of the environment in a problem", () => {
  const secret = "hunter2-hunter2";
  const spoilt = {
    upstreams: {
      legacy: { url: "${S}" },
      modern: { url: "http://127.0.0.1:1", audience: "${S}" },
      third: { url: "http://127.0.0.1:2", audience: "${S}" },
    },
    identity: {
      session: { ...withSession.identity.session, store: "${S}", subject: "${S}" },
      token: { algorithm: "${S}", ttlSeconds: "${S}" },
    },
    flags: { source: "${S}" },
    routes: [
      { id: "${S}", path: "/a", to: "${S}", stripPrefix: "/${S}" },
      { id: "${S}", path: "/a", to: "${S}", methods: ["${S}"], query: { a: "${S}" } },
      { id: "c", path: "/b", to: "${S}" },
    ],
  };
  const problems = problemsOf(parse(spoilt, { S: secret, SESSION_SECRET: secret, UNLEASH_URL: secret, PORT: secret }));
  expect(problems.length).toBeGreaterThan(10);
  expect(problems.map(({ path }) => path)).toContain("routes[2].to");
  expect(JSON.stringify(problems)).not.toContain("hunter2");
});

it("changes the digest with the text and with what the environment says, but not with a secret of the environment", () => {
  const digest = (value: unknown, environment: Record<string, string>): string => {
    const result = parse(value, { SESSION_SECRET: "one", ...environment });
    if (!result.ok) throw new Error(JSON.stringify(result.problems));
    return result.digest;
  };
  const first = digest(withSession, {});
  expect(first).toMatch(/^[0-9a-f]{12}$/);
  expect(digest(withSession, { SESSION_SECRET: "two" })).toBe(first);
  expect(digest(withSession, { REDIS_URL: "redis://:pw@127.0.0.1:1" })).toBe(
    digest(withSession, { REDIS_URL: "redis://:other@127.0.0.1:1" }),
  );
  expect(digest(withSession, { REDIS_URL: "redis://127.0.0.1:1" })).not.toBe(first);
  expect(digest(JSON.stringify(withSession).replace("orders", "ordres"), {})).not.toBe(first);
});

it("never throws, whatever the text and the environment", () => {
  const spoil = fc.letrec<{ value: unknown }>((tie) => ({
    value: fc.oneof(
      { maxDepth: 3 },
      fc.jsonValue({ maxDepth: 2 }),
      fc.constantFrom("${A}", "${A:-1}", "${", "$${A}", "/x/*", "legacy", "modern", "none"),
      fc.array(tie("value"), { maxLength: 3 }),
      fc.dictionary(
        fc.constantFrom(
          "id",
          "path",
          "to",
          "flag",
          "routes",
          "session",
          "kind",
          "legacy",
          "url",
          "__proto__",
          "constructor",
        ),
        tie("value"),
        { maxKeys: 4 },
      ),
    ),
  })).value;
  const sections = fc.record(
    {
      listen: spoil,
      upstreams: spoil,
      identity: spoil,
      flags: spoil,
      routes: fc.oneof(spoil, fc.array(spoil, { maxLength: 3 })),
    },
    { requiredKeys: [] },
  );
  fc.assert(
    fc.property(
      fc.oneof(spoil, sections, fc.string()),
      fc.constantFrom({}, { A: "x" }, { PORT: "x", UNLEASH_URL: "y" }),
      (value, environment) => {
        const result = parse(JSON.stringify(value) ?? "", environment);
        if (!result.ok) expect(result.problems.length).toBeGreaterThan(0);
      },
    ),
    { numRuns: 500 },
  );
});
