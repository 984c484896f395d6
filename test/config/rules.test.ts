import { expect, it } from "vitest";
import { parseConfig } from "../../src/config/load-config.ts";

interface Case {
  readonly title: string;
  readonly routes?: readonly Record<string, unknown>[];
  readonly rest?: Record<string, unknown>;
  /** The paths of the problems; a warning begins with `!`. */
  readonly problems: readonly string[];
}

const session = {
  kind: "express-session",
  secrets: ["${SECRET}"],
  store: "redis://127.0.0.1:6379",
  subject: "/user/id",
  claims: { roles: "/user/roles" },
};
const legacy = { url: "http://127.0.0.1:4000" };
const modern = { url: "http://127.0.0.1:5000" };

function check({ routes, rest }: Case): string[] {
  const value = {
    upstreams: { legacy, modern },
    identity: { session },
    routes: routes ?? [{ id: "all", path: "/*", to: "legacy" }],
    ...rest,
  };
  const result = parseConfig(JSON.stringify(value), { SECRET: "s" }, { file: "routes.json" });
  const problems = result.ok ? result.warnings : result.problems;
  expect(problems.every(({ message, remedy }) => message.endsWith(".") && /[.?]$/.test(remedy))).toBe(true);
  return problems.map(({ path, severity }) => (severity === "warning" ? `!${path}` : path));
}

const a = { id: "a", path: "/a", to: "modern" };

const cases: readonly Case[] = [
  { title: "nothing wrong", problems: [] },
  { title: "no upstream called legacy", rest: { upstreams: { modern } }, problems: ["upstreams"] },
  { title: "an upstream that is not there", routes: [{ ...a, to: "third" }], problems: ["routes[0].to"] },
  {
    title: "an upstream that is not there, beside a misspelt flag",
    routes: [{ ...a, to: "third", flagg: "f" }],
    problems: ["routes[0].to", "routes[0].flagg"],
  },
  {
    title: "methods that never come to a route",
    routes: [{ ...a, methods: ["GET", "GETT", "TRACE", "CONNECT", "PROPFIND", "X-BREWING"] }],
    problems: ["routes[0].methods[1]", "routes[0].methods[2]", "routes[0].methods[3]"],
  },
  {
    title: "a flag without `to`, and no upstream called modern",
    routes: [{ id: "a", path: "/a", flag: "f" }],
    rest: { upstreams: { legacy } },
    problems: ["routes[0]"],
  },
  { title: "the same id twice", routes: [a, { ...a, path: "/b" }], problems: ["routes[1].id"] },
  { title: "the id of the implicit route", routes: [{ ...a, id: "legacy" }], problems: ["routes[0].id"] },
  {
    title: "the id of the implicit route, for a route that is the same",
    routes: [{ id: "legacy", path: "/*", to: "legacy" }],
    problems: [],
  },
  { title: "a path of figway's own", routes: [{ ...a, path: "/.figway/keys" }], problems: ["routes[0].path"] },
  { title: "neither flag nor target", routes: [{ id: "a", path: "/a" }], problems: ["routes[0].flag"] },
  {
    title: "a flag that decides nothing",
    routes: [{ ...a, to: "legacy", flag: "f" }],
    problems: ["routes[0].flag"],
  },
  {
    title: "protection that a route to legacy does not have",
    routes: [{ ...a, to: "legacy", auth: "required", roles: ["admin"], rewrite: "/x", fallback: "legacy" }],
    problems: ["routes[0].auth", "routes[0].roles", "routes[0].rewrite", "routes[0].fallback"],
  },
  {
    title: "rewrite and stripPrefix together",
    routes: [{ ...a, path: "/a/*", rewrite: "/x", stripPrefix: "/a" }],
    problems: ["routes[0].stripPrefix"],
  },
  {
    title: "a prefix that not every path begins with",
    routes: [
      { ...a, path: "/a/*", stripPrefix: "/b" },
      { ...a, id: "b", path: "/bc/*", stripPrefix: "/b" },
      { ...a, id: "c", path: "/c/:x/d", stripPrefix: "/c/x" },
      { ...a, id: "d", path: "/d/e/*", stripPrefix: "/d" },
    ],
    problems: ["routes[0].stripPrefix", "routes[1].stripPrefix", "routes[2].stripPrefix"],
  },
  {
    title: "roles that no claim is filled with",
    routes: [{ ...a, roles: ["admin"] }],
    rest: { identity: { session: { ...session, claims: {} } } },
    problems: ["routes[0].roles"],
  },
  {
    title: "claims by the names that figway states itself",
    rest: {
      identity: { session: { ...session, claims: { roles: "/user/roles", sub: "/user/id", exp: "/user/until" } } },
    },
    problems: ["!identity.session.claims.sub", "!identity.session.claims.exp"],
  },
  {
    title: "roles on a route that never carries an identity",
    routes: [{ ...a, roles: ["admin"], auth: "none" }],
    problems: ["routes[0].auth"],
  },
  {
    title: "a login that there is no session for",
    routes: [
      { ...a, auth: "required" },
      { ...a, id: "b", path: "/b", roles: ["admin"] },
      { ...a, id: "c", path: "/c" },
    ],
    rest: { identity: { session: { kind: "none" } } },
    problems: ["routes[0].auth", "routes[1].roles"],
  },
  {
    title: "two upstreams with the same audience",
    rest: { upstreams: { legacy, modern, third: { ...modern, audience: "modern" } } },
    problems: ["!upstreams.third.audience"],
  },
  {
    title: "both listeners on one port",
    rest: { listen: { port: 3001 } },
    problems: ["admin.port"],
  },
  { title: "both listeners on any free port", rest: { listen: { port: 0 }, admin: { port: 0 } }, problems: [] },
  {
    title: "secrets in the file itself",
    rest: {
      identity: { session: { ...session, secrets: ["${SECRET}", "keyboard cat", "${SECRET:-cat}"] } },
      flags: { source: "unleash", url: "http://u", token: "t" },
    },
    problems: ["!identity.session.secrets[1]", "!identity.session.secrets[2]", "!flags.token"],
  },
];

it.each(cases)("rules say what is wrong: $title", (example) => {
  expect(check(example).toSorted()).toEqual(example.problems.toSorted());
});

const clashes: readonly [title: string, first: object, second: object, isClash: boolean][] = [
  ["the same path", { path: "/a" }, { path: "/a" }, true],
  ["a slash at the end", { path: "/a" }, { path: "/a/" }, true],
  ["another case", { path: "/a" }, { path: "/A" }, true],
  ["another spelling", { path: "/caf%c3%a9" }, { path: "/café" }, true],
  ["other names of parameters", { path: "/a/:x" }, { path: "/a/:y" }, true],
  ["another place of the parameter", { path: "/a/:x/c" }, { path: "/a/b/:y" }, false],
  ["text and a parameter", { path: "/a/:x" }, { path: "/a/b" }, false],
  ["a parameter and *", { path: "/a/:x" }, { path: "/a/*" }, false],
  ["the end and *", { path: "/a" }, { path: "/a/*" }, false],
  ["methods in common", { methods: ["GET", "POST"] }, { methods: ["POST", "PUT"] }, true],
  ["HEAD, which GET includes", { methods: ["GET"] }, { methods: ["HEAD"] }, true],
  ["other methods", { methods: ["GET"] }, { methods: ["POST"] }, false],
  ["listed methods and any", { methods: ["GET"] }, {}, false],
  ["the same host in another case", { host: "a.test" }, { host: "A.test" }, true],
  ["other hosts", { host: "a.test" }, { host: "b.test" }, false],
  ["a host and any below", { host: "a.b.test" }, { host: "*.b.test" }, false],
  ["any below, and any further below", { host: "*.a.b.test" }, { host: "*.b.test" }, false],
  ["a host and none", { host: "a.test" }, {}, false],
  ["other parameters", { query: { a: "1" } }, { query: { b: "1" } }, true],
  ["other values", { query: { a: "1" } }, { query: { a: "2" } }, false],
  ["a value and any", { query: { a: "1" } }, { query: { a: true } }, false],
  ["more conditions and fewer", { query: { a: "1" } }, { query: { a: "1", b: "1" } }, false],
  ["a parameter and a field", { query: { a: "1" } }, { headers: { b: "1" } }, true],
  ["the same field in another case", { headers: { "X-A": "1" } }, { headers: { "x-a": "2" } }, false],
];

it.each(clashes)("two routes with %s are told apart or refused", (_, first, second, isClash) => {
  const routes = [
    { id: "first", path: "/p", to: "modern", ...first },
    { id: "second", path: "/p", to: "modern", ...second },
  ];
  expect(check({ title: "", routes, problems: [] })).toEqual(isClash ? ["routes[1]"] : []);
});

it.each([
  "orders",
  "/a?b",
  "/a#b",
  "/a//b",
  "/a/*/b",
  "/a*",
  "/a/x:y/:1",
  "/:a/:a",
  "/a;b",
  "/a\\b",
  "/a/../b",
  "/%2e%2e/b",
  "/a%2fb",
  "/a%00",
  "/a%2541",
])("a route cannot have the path %j", (path) => {
  expect(check({ title: "", routes: [{ id: "a", path, to: "modern" }], problems: [] })).toEqual(["routes[0].path"]);
});
