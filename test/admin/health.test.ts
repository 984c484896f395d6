import { existsSync, readFileSync } from "node:fs";
import { afterAll, beforeAll, expect, it } from "vitest";
import { eventually } from "../doubles/start-shop.ts";
import { callAdmin } from "./call-admin.ts";
import { parsePrometheus } from "./parse-prometheus.ts";
import { startGateway, type TestGateway } from "./start-gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway();
});
afterAll(() => gateway.stop());

it("/healthz says that the process is alive", async () => {
  const reply = await callAdmin(gateway.adminUrl, "GET", "/healthz");
  expect([reply.status, reply.json()]).toEqual([200, { status: "ok" }]);
});

it("/readyz says that it may take traffic", async () => {
  const reply = await callAdmin(gateway.adminUrl, "GET", "/readyz");
  expect([reply.status, reply.json()]).toEqual([200, { status: "ok", reasons: [] }]);
});

it("a gateway whose flags were never loaded is alive, not ready, and says why; legacy serves", async () => {
  const environment = { UNLEASH_URL: "http://127.0.0.1:1/api", UNLEASH_TOKEN: "default:development.secret" };
  const orphan = await startGateway({ environment });
  try {
    expect((await callAdmin(orphan.adminUrl, "GET", "/healthz")).status).toBe(200);
    const reply = await callAdmin(orphan.adminUrl, "GET", "/readyz");
    expect(reply.status).toBe(503);
    expect(reply.json()).toMatchObject({ status: "unavailable" });
    expect(reply.text).toContain("no flags were loaded yet");
    expect(reply.text).not.toContain("secret");
    expect((await callAdmin(orphan.adminUrl, "GET", "/api/status")).json()).toMatchObject({ ready: false });
    expect(await orphan.sideOf("/orders/7")).toBe("legacy");
  } finally {
    await orphan.stop();
  }
});

it("/metrics is Prometheus text that counts each answer by route, side, reason and status, and times it", async () => {
  await gateway.sideOf("/orders/7");
  await gateway.sideOf("/moved/1");
  await gateway.sideOf("/moved/2");
  const reply = await callAdmin(gateway.adminUrl, "GET", "/metrics");
  expect(reply.headers["content-type"]).toMatch(/^text\/plain; version=0\.0\.4/);
  const samples = parsePrometheus(reply.text);
  const valueOf = (name: string, labels: Record<string, string>) =>
    samples.find(
      (sample) => sample.name === name && Object.entries(labels).every(([key, value]) => sample.labels[key] === value),
    )?.value;
  const moved = { route: "moved", side: "modern", reason: "no-flag", identity: "anonymous", status: "200" };
  expect(valueOf("figway_requests_total", moved)).toBe(2);
  const flagged = { route: "orders", side: "legacy", reason: "flag-off", status: "200" };
  expect(valueOf("figway_requests_total", flagged)).toBe(1);
  expect(valueOf("figway_request_duration_seconds_count", { route: "moved", side: "modern" })).toBe(2);
  expect(valueOf("figway_request_duration_seconds_bucket", { route: "moved", side: "modern", le: "+Inf" })).toBe(2);
  expect(valueOf("figway_config_loads_total", { result: "ok" })).toBe(1);
  expect(valueOf("process_cpu_seconds_total", {})).toBeGreaterThan(0);
});

it("/api/status tells what runs, from where, and how each part is", async () => {
  const reply = await callAdmin(gateway.adminUrl, "GET", "/api/status");
  expect(reply.json()).toMatchObject({
    version: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown,
    ready: true,
    reasons: [],
    listen: { public: gateway.publicUrl, admin: gateway.adminUrl },
    config: { digest: expect.stringMatching(/^\w{6,}$/) as unknown, lastReloadProblems: [] },
    flags: { source: "file", loaded: true },
    identity: { ok: true },
    tokens: { ok: true },
    overrides: [],
  });
  const { upstreams } = reply.json<{ upstreams: { name: string; health: string }[] }>();
  expect(upstreams.map(({ name, health }) => [name, health])).toEqual([
    ["legacy", "up"],
    ["modern", "up"],
  ]);
});

it("/api/status is loud about a changed routes.json that was refused, and quiet once it is mended", async () => {
  const { digest } = (await callAdmin(gateway.adminUrl, "GET", "/api/status")).json<{ config: { digest: string } }>()
    .config;
  const config = async () =>
    (await callAdmin(gateway.adminUrl, "GET", "/api/status")).json<{
      config: { digest: string; lastReloadProblems: { path: string; message: string; remedy: string }[] };
    }>().config;
  gateway.writeConfig((file) => (file["stateDir"] = 7));
  await eventually(async () => {
    const [problem] = (await config()).lastReloadProblems;
    expect(problem).toMatchObject({ path: "stateDir" });
    expect(problem?.remedy).not.toBe("");
  });
  expect((await config()).digest).toBe(digest);
  gateway.writeConfig((file) => delete file["stateDir"]);
  await eventually(async () => expect((await config()).lastReloadProblems).toEqual([]));
});

it("/api/keys shows the keys' names and states, and nothing private", async () => {
  const before = await callAdmin(gateway.adminUrl, "GET", "/api/keys");
  const { keys } = before.json<{ keys: { kid: string; state: string; algorithm: string }[] }>();
  expect(keys).toMatchObject([{ state: "signing", algorithm: "ES256" }]);
  const rotated = await callAdmin(gateway.adminUrl, "POST", "/api/keys/rotate", {
    body: { actor: "dora", why: "quarterly" },
  });
  expect(rotated.status).toBe(200);
  const after = (await callAdmin(gateway.adminUrl, "GET", "/api/keys")).text;
  expect(JSON.parse(after)).toMatchObject({ keys: [{ state: "next" }, { state: "signing", kid: keys[0]?.kid }] });
  const file = `${gateway.directory}/.figway/keys.json`;
  expect(existsSync(file)).toBe(true);
  const privateParts = [...readFileSync(file, "utf8").matchAll(/"d":\s*"([\w-]+)"/g)].map(
    (match) => match[1] as string,
  );
  expect(privateParts.length).toBeGreaterThan(0);
  for (const part of privateParts) expect(after + before.text + rotated.text).not.toContain(part);
  expect(gateway.auditFile().at(-1)).toMatchObject({ actor: "dora", action: "keys-rotated", why: "quarterly" });
});

it("a compromised key is withdrawn at once: nothing that it signed is in the published set any more", async () => {
  const kids = async () => {
    const answer = await fetch(`${gateway.publicUrl}/.figway/jwks.json`);
    return ((await answer.json()) as { keys: { kid: string }[] }).keys.map(({ kid }) => kid);
  };
  const before = await kids();
  const rotated = await callAdmin(gateway.adminUrl, "POST", "/api/keys/rotate", {
    body: { mode: "compromised", actor: "dora", why: "a laptop was lost" },
  });
  const { key } = rotated.json<{ key: { kid: string; state: string } }>();
  expect(key.state).toBe("signing");
  expect(await kids()).toEqual([key.kid]);
  expect(before).not.toContain(key.kid);
  expect(gateway.auditFile().at(-1)).toMatchObject({
    action: "keys-withdrawn",
    after: key.kid,
    why: "a laptop was lost",
  });
  const refused = await callAdmin(gateway.adminUrl, "POST", "/api/keys/rotate", { body: { mode: "sloppy" } });
  expect(refused.status).toBe(400);
});
