import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { createFlagSource, type FlagLog, type FlagSource } from "../../src/flags/flag-source.ts";
import { context, until } from "../contracts/flag-source.contract.ts";
import { takesLessThan, timeOf } from "../doubles/takes-less-than.ts";

const TOKEN = "default:development.the-secret";
let server: Server;
let url: string;
let stateDir: string;
let answer: (request: IncomingMessage, response: ServerResponse) => void;
let polls = 0;
let source: FlagSource | undefined;
const logged: string[] = [];
const log: FlagLog = (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields)}`);

beforeEach(async () => {
  polls = 0;
  logged.splice(0);
  stateDir = await mkdtemp(join(tmpdir(), "figway-state-"));
  server = createServer((request, response) => {
    if (request.url === "/api/client/features") polls++;
    answer(request, response);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api`;
});
afterEach(async () => {
  await source?.close();
  source = undefined;
  server.closeAllConnections();
  server.close();
  await rm(stateDir, { recursive: true });
});

const flags = (enabled: boolean) => (_: IncomingMessage, response: ServerResponse) => {
  response.setHeader("content-type", "application/json");
  response.end(JSON.stringify({ version: 2, features: [{ name: "a", enabled, strategies: [] }] }));
};
const status = (code: number, body = "") => {
  return (_: IncomingMessage, response: ServerResponse) => void response.writeHead(code).end(body);
};
const open = async () => {
  const config = { source: "unleash", url, token: TOKEN, appName: "figway-test", refreshIntervalMs: 100 } as const;
  source = await createFlagSource({ config, baseDir: stateDir, stateDir: ".", log, environment: {} });
  return source;
};

it("a server that accepts and never answers holds up a start by three seconds at the most", async () => {
  answer = () => undefined;
  await takesLessThan(3_500, async () => {
    const startedAt = performance.now();
    const source = await open();
    const openMs = performance.now() - startedAt;
    expect(openMs).toBeGreaterThan(2_900);
    expect(source.evaluate("a", context())).toBe("not-loaded");
    // Its end waits for nothing: not for another three seconds, as its start did.
    expect(await timeOf(() => source.close())).toBeLessThan(2_000);
    return openMs;
  });
});

it("a server is asked again after it refused the token, and believed as soon as it accepts it", async () => {
  answer = status(401);
  const source = await open();
  expect(source.status().lastError).toContain("refuses the token (401)");
  expect(source.evaluate("a", context())).toBe("not-loaded");
  answer = flags(true);
  await until(() => source.evaluate("a", context()) === "on", 10_000);
  expect(source.status()).toMatchObject({ lastError: undefined, loadedFrom: "source" });
});

it("a server changes nothing by answering nonsense, which is logged once and without the token", async () => {
  const nonsense = [
    status(500, "oops"),
    // A balancer's page.
    status(200, "<html>sorry</html>"),
    status(200, '{"features":[{"name":"a"}]}'),
    (_: IncomingMessage, response: ServerResponse) => void response.writeHead(302, { location: "/login" }).end(),
    (request: IncomingMessage) => void request.socket.destroy(),
  ];
  answer = flags(true);
  const source = await open();
  for (const broken of nonsense) {
    logged.splice(0);
    answer = broken;
    const before = polls;
    await until(() => polls >= before + 2, 10_000);
    expect(source.evaluate("a", context())).toBe("on");
    answer = flags(true);
    await until(() => source.status().lastError === undefined, 10_000);
    expect(logged.filter((line) => !line.startsWith("debug"))).toEqual([
      expect.stringMatching(/^warn .*the last known ones stay in force/),
      expect.stringContaining("info Unleash answers again"),
    ]);
    expect(logged.join("\n")).not.toContain("the-secret");
  }
});

it("a server hears who asks, so that Unleash can show its users", async () => {
  const registered: string[] = [];
  answer = (request, response) => {
    if (request.url === "/api/client/register") {
      request.setEncoding("utf8").on("data", (text: string) => registered.push(text));
      response.writeHead(202).end();
    } else flags(true)(request, response);
  };
  await open();
  await until(() => registered.length > 0, 10_000);
  expect(JSON.parse(registered.join(""))).toMatchObject({ appName: "figway-test" });
});

it("a server is asked with its own validator, and a 304 counts as a sign of life", async () => {
  const conditions: (string | undefined)[] = [];
  answer = (request, response) => {
    if (request.url !== "/api/client/features") return void response.end();
    conditions.push(request.headers["if-none-match"]);
    response.setHeader("etag", '"r7"');
    if (conditions.length > 1) return void response.writeHead(304).end();
    response.end('{"version":2,"features":[],"meta":{"revisionId":7}}');
  };
  const source = await open();
  await until(() => conditions.length >= 3, 10_000);
  expect(conditions.slice(0, 3)).toEqual([undefined, '"r7"', '"r7"']);
  expect(source.status()).toMatchObject({ loaded: true, revision: "7", lastError: undefined });
  expect(source.evaluate("a", context())).toBe("unknown");
});

it("flags that cannot be taken over are asked for anew, without a validator that would confirm them", async () => {
  const conditions: (string | undefined)[] = [];
  let values: unknown = "not a list";
  answer = (request, response) => {
    if (request.url !== "/api/client/features") return void response.end();
    conditions.push(request.headers["if-none-match"]);
    const constraints = [{ contextName: "plan", operator: "IN", values }];
    const strategies = [{ name: "default", parameters: {}, constraints }];
    response.setHeader("etag", '"r1"').end(JSON.stringify({ features: [{ name: "a", enabled: true, strategies }] }));
  };
  const source = await open();
  expect(source.status()).toMatchObject({ loaded: false });
  expect(source.status().lastError).toContain("cannot be read");
  values = ["gold"];
  await until(() => source.evaluate("a", context({ properties: { plan: "gold" } })) === "on", 10_000);
  expect(new Set(conditions.slice(0, 2))).toEqual(new Set([undefined]));
});

it("a flag that cannot be evaluated is unknown, and the request goes on", async () => {
  answer = (_, response) => {
    const parameters = { IPs: 7 };
    const strategies = [{ name: "remoteAddress", parameters }];
    response.end(JSON.stringify({ features: [{ name: "a", enabled: true, strategies }] }));
  };
  const source = await open();
  expect(source.evaluate("a", context())).toBe("unknown");
  expect(source.evaluate("a", context())).toBe("unknown");
  expect(logged.filter((line) => line.includes("flag a cannot be evaluated"))).toHaveLength(1);
});
