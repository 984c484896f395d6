import { expect, it } from "vitest";
import { parseConfig } from "../../src/config/load-config.ts";
import { type Environment, interpolate } from "../../src/config/environment.ts";

const filled = (text: string, environment: Environment = {}): unknown => interpolate({ text }, environment).value;

it.each([
  ["${NAME}", { NAME: "x" }, "x"],
  ["a${NAME}b${NAME}", { NAME: "x" }, "axbx"],
  ["${NAME:-y}", {}, "y"],
  ["${NAME:-y}", { NAME: "" }, "y"],
  ["${NAME:-y}", { NAME: "x" }, "x"],
  ["${NAME:-}", {}, ""],
  ["${NAME:-http://127.0.0.1:1/a?b}", {}, "http://127.0.0.1:1/a?b"],
  ["$${NAME}", { NAME: "x" }, "${NAME}"],
  ["$NAME $ {NAME}", { NAME: "x" }, "$NAME $ {NAME}"],
  ["${NAME}", { NAME: "${OTHER} $& $1", OTHER: "no" }, "${OTHER} $& $1"],
] as const)("makes %j with %j into %j", (text, environment, expected) => {
  expect(filled(text, environment)).toEqual({ text: expected });
});

it.each(["${", "${}", "${1A}", "${A-B}", "${A", "${A:=x}"])("does not take %j for a reference, and says so", (text) => {
  expect(interpolate([text], { A: "x" }).findings).toMatchObject([{ path: [0] }]);
});

it("does not take what every object has for a variable", () => {
  expect(interpolate("${constructor}", {}).findings).toHaveLength(1);
});

it("leaves the names of members alone", () => {
  expect(interpolate({ "${NAME}": 1 }, { NAME: "x" }).value).toEqual({ "${NAME}": 1 });
});

const base = {
  upstreams: { legacy: { url: "http://127.0.0.1:4000" }, modern: { url: "http://127.0.0.1:5000" } },
  identity: { session: { kind: "none" } },
  routes: [{ id: "orders", path: "/orders/*", flag: "f" }],
};

function load(value: object, environment: Environment) {
  const result = parseConfig(JSON.stringify({ ...base, ...value }), environment, { file: "routes.json" });
  return result.ok ? { config: result.config, warnings: result.warnings } : { problems: result.problems };
}

it("lets PORT and ADMIN_PORT win over the file, and the rest of the section stand", () => {
  const listen = { host: "0.0.0.0", port: 1 };
  expect(load({ listen }, { PORT: "8080", ADMIN_PORT: "0" })).toMatchObject({
    config: { listen: { host: "0.0.0.0", port: 8080 }, admin: { host: "127.0.0.1", port: 0 } },
  });
  expect(load({ listen }, { PORT: "" })).toMatchObject({ config: { listen: { port: 1 } } });
});

it.each(["http", "65536", "-1", "1.5", " 1"])("does not take %j for a port", (PORT) => {
  expect(load({}, { PORT })).toMatchObject({
    problems: [{ path: "listen.port", message: expect.stringContaining("PORT") }],
  });
});

it("takes numbers and booleans from the environment where they are wanted, but not from quotes in the file", () => {
  const developer = { exposeDecisions: "${SHOW:-true}" };
  expect(load({ listen: { port: "${P}" }, developer }, { P: "81" })).toMatchObject({
    config: { listen: { port: 81 }, developer: { exposeDecisions: true } },
  });
  expect(load({ listen: { port: "81" } }, {})).toMatchObject({ problems: [{ path: "listen.port" }] });
  expect(load({ listen: { port: "${P}" } }, { P: "81st" })).toMatchObject({ problems: [{ path: "listen.port" }] });
  expect(load({ listen: { host: "${P}" } }, { P: "81" })).toMatchObject({ config: { listen: { host: "81" } } });
});

it.each(["http://unleash:4242", "http://unleash:4242/", "http://unleash:4242/api", "http://unleash:4242/api/"])(
  "turns to Unleash when UNLEASH_URL is %s",
  (UNLEASH_URL) => {
    expect(load({ flags: { source: "file", file: "f.json" } }, { UNLEASH_URL, UNLEASH_TOKEN: "t" })).toMatchObject({
      config: { flags: { source: "unleash", url: "http://unleash:4242/api", token: "t", appName: "figway" } },
      warnings: [],
    });
  },
);

it("keeps what the file says of Unleash besides its address", () => {
  const flags = { source: "unleash", url: "${UNSET}", token: "${TOKEN}", refreshIntervalMs: 5000 };
  expect(load({ flags }, { UNLEASH_URL: "http://u", TOKEN: "of-the-file" })).toMatchObject({
    config: { flags: { url: "http://u/api", token: "of-the-file", refreshIntervalMs: 5000 } },
  });
});

it("asks for the token that UNLEASH_URL needs, and for an address", () => {
  expect(load({}, { UNLEASH_URL: "http://u" })).toMatchObject({
    problems: [{ path: "flags.token", message: expect.stringContaining("UNLEASH_TOKEN") }],
  });
  expect(load({}, { UNLEASH_URL: "u:4242", UNLEASH_TOKEN: "t" })).toMatchObject({
    problems: [{ path: "flags.url", message: expect.stringContaining("UNLEASH_URL") }],
  });
});
