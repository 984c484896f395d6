import { afterEach, expect, it } from "vitest";
import { type RunningGateway, start } from "../../src/start.ts";
import { openSides, type Sides } from "../doubles/open-sides.ts";
import { eventually } from "../doubles/start-shop.ts";

let sides: Sides | undefined;
let gateway: RunningGateway | undefined;

afterEach(async () => {
  await gateway?.stop();
  sides?.close();
});

async function startLimited(configure: (config: Record<string, unknown>) => void): Promise<RunningGateway> {
  sides = await openSides({ configure });
  const environment = { PORT: "0", ADMIN_PORT: "0" };
  gateway = await start({ configFile: sides.configFile, environment, logLevel: "silent" });
  return gateway;
}

const ask = (path: string, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(new URL(path, gateway?.publicUrl), { headers });

it("one request too many is answered with 429, problem+json, Retry-After and RateLimit fields, and counted", async () => {
  const { adminUrl } = await startLimited((config) => {
    config["rateLimit"] = { requests: 2, perSeconds: 60 };
  });
  expect((await ask("/a")).status).toBe(200);
  expect((await ask("/b")).status).toBe(200);
  const refused = await ask("/c");
  expect(refused.status).toBe(429);
  expect(refused.headers.get("content-type")).toBe("application/problem+json");
  expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(0);
  expect(refused.headers.get("ratelimit-policy")).toBe('"default";q=2;w=60');
  expect(refused.headers.get("ratelimit")).toMatch(/^"default";r=0;t=\d+$/);
  expect(await refused.json()).toMatchObject({ status: 429, code: "rate-limited" });
  const metrics = await (await fetch(`${adminUrl}/metrics`)).text();
  expect(metrics).toContain('figway_refusals_total{code="rate-limited"} 1');
});

it("figway's own paths are never limited", async () => {
  await startLimited((config) => {
    config["rateLimit"] = { requests: 1, perSeconds: 60 };
  });
  await ask("/a");
  expect((await ask("/.figway/health")).status).toBe(200);
});

it("behind a trusted proxy the client it names is limited; one that invents names is not believed", async () => {
  await startLimited((config) => {
    config["rateLimit"] = { requests: 1, perSeconds: 60 };
    config["listen"] = { trustedProxies: ["127.0.0.1"] };
  });
  expect((await ask("/", { "x-forwarded-for": "203.0.113.1" })).status).toBe(200);
  expect((await ask("/", { "x-forwarded-for": "203.0.113.2" })).status).toBe(200);
  expect((await ask("/", { "x-forwarded-for": "198.51.100.7, 203.0.113.2" })).status).toBe(429);
});

it("a reload that changes something else gives nobody a fresh allowance, one that changes the limit does", async () => {
  const { adminUrl } = await startLimited((config) => {
    config["rateLimit"] = { requests: 1, perSeconds: 60 };
  });
  const digest = async (): Promise<string> => {
    const status = (await (await fetch(`${adminUrl}/api/status`)).json()) as { config: { digest: string } };
    return status.config.digest;
  };
  const reload = async (change: (config: Record<string, unknown>) => void): Promise<void> => {
    const before = await digest();
    sides?.writeConfig(change);
    await eventually(async () => expect(await digest()).not.toBe(before), 10_000);
  };
  expect((await ask("/")).status).toBe(200);
  await reload((config) => {
    config["developer"] = { exposeDecisions: true };
  });
  expect((await ask("/")).status).toBe(429);
  await reload((config) => {
    config["rateLimit"] = { requests: 2, perSeconds: 60 };
  });
  expect((await ask("/")).status).toBe(200);
});
