import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { dirname, join, resolve } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { whyPortIsTaken } from "../../src/cli/dev/ports.ts";
import { openBrowser } from "../doubles/browser.ts";
import { startRedis } from "../doubles/start-redis.ts";
import { until } from "../doubles/until.ts";
import { type DevRun, startDev } from "./dev-run.ts";

const bin = resolve(import.meta.dirname, "../../bin/figway");
// Each test starts five processes; on a busy machine that takes its time.
vi.setConfig({ testTimeout: 60_000 });

/** Elsewhere the tests can see ports only. */
const canSeeProcesses = existsSync("/proc/self/environ");
const runs: DevRun[] = [];

afterEach(() => {
  for (const run of runs.splice(0)) run.cleanUp();
});

async function dev(options: Parameters<typeof startDev>[0] = {}): Promise<DevRun> {
  const run = await startDev(options);
  runs.push(run);
  return run;
}

async function expectNothingLeft(run: DevRun): Promise<void> {
  expect(run.processes()).toEqual([]);
  for (const port of Object.values(run.ports)) expect(await whyPortIsTaken(Number(port))).toBeUndefined();
}

it("one command runs the demo: log in, flip from another terminal, same user on modern; Ctrl-C leaves nothing", async () => {
  const run = await dev();
  await run.says("Ctrl-C stops everything");
  expect(run.output()).toContain(`${run.url}  `);
  expect(run.output()).toContain("alice / alice-pw");
  expect(statSync(join(run.folder, ".figway/dev.env")).mode & 0o777).toBe(0o600);

  const browser = openBrowser(run.url);
  expect((await browser.login("alice")).status).toBe(303);
  expect((await browser.get("/api/me")).json()).toMatchObject({ user: { id: "alice" }, servedBy: "legacy" });
  expect(await figwayIn(run.folder, "flag", "me-modern", "on")).toContain("me-modern: off → on (in force now)");
  expect((await browser.get("/api/me")).json()).toMatchObject({ user: { id: "alice" }, servedBy: "modern" });
  await run.says("GET  /api/me 200 modern flag-on me alice");

  // An event stream that never ends by itself must not hold up the end.
  const stream = await fetch(`${run.url}/events`, { headers: { cookie: browser.cookies() } });
  const askedAt = performance.now();
  run.process.kill("SIGINT");
  expect(await run.ended).toBe(0);
  expect(performance.now() - askedAt).toBeLessThan(5_000);
  await stream.body?.cancel().catch(() => undefined);
  await expectNothingLeft(run);
  // What does not run any more is not looked for; the secret stays.
  expect(readFileSync(join(run.folder, ".figway/dev.env"), "utf8")).toMatch(/^# .*\nSESSION_SECRET='[\w-]{43}'\n$/);
});

it("without Redis on PATH it brings the embedded one, and the demo works on that", async () => {
  const run = await dev({ environment: { PATH: dirname(process.execPath) } });
  await run.says("Ctrl-C stops everything");
  expect(run.output()).toContain("js-redis-server (embedded");
  const browser = openBrowser(run.url);
  await browser.login("bob");
  expect((await browser.get("/api/me")).json()).toMatchObject({ user: { id: "bob" } });
  run.process.kill("SIGTERM");
  expect(await run.ended).toBe(0);
  await expectNothingLeft(run);
});

it("with REDIS_URL and SESSION_SECRET it uses those, and a session of an earlier run is honoured", async () => {
  const redis = await startRedis("embedded");
  try {
    const environment = { REDIS_URL: redis.url, SESSION_SECRET: "kept between the runs" };
    const first = await dev({ environment });
    await first.says("Ctrl-C stops everything");
    expect(first.output()).toContain("from REDIS_URL");
    const browser = openBrowser(first.url);
    await browser.login("carol");
    first.process.kill("SIGHUP");
    expect(await first.ended).toBe(0);

    const second = await dev({ environment });
    await second.says("Ctrl-C stops everything");
    const answer = await fetch(`${second.url}/api/me`, { headers: { cookie: browser.cookies() } });
    expect(await answer.json()).toMatchObject({ user: { id: "carol" } });
    second.process.kill("SIGTERM");
    await second.ended;
  } finally {
    await redis.stop();
  }
});

it.skipIf(!canSeeProcesses)(
  "a part that dies is named in a sentence, and everything else ends with exit code 1 (needs /proc)",
  async () => {
    const run = await dev();
    await run.says("Ctrl-C stops everything");
    process.kill(pidListeningAs("modern-app/server.ts", run), "SIGKILL");
    expect(await run.ended).toBe(1);
    expect(run.output()).toContain("figway: modern-app was ended by SIGKILL");
    await expectNothingLeft(run);
  },
);

it.skipIf(!canSeeProcesses)(
  "killed without a chance to clean up, it leaves no process all the same (needs /proc)",
  async () => {
    const run = await dev();
    await run.says("Ctrl-C stops everything");
    run.process.kill("SIGKILL");
    expect(await run.ended).toBe("SIGKILL");
    await until("every process is gone", () => run.processes().length === 0, 10_000);
    await expectNothingLeft(run);
  },
);

it.skipIf(!canSeeProcesses)("stopped while it is still starting, it leaves no process (needs /proc)", async () => {
  const run = await dev();
  await until("its parts are being started", () => run.processes().length > 2, 20_000);
  run.process.kill("SIGINT");
  expect(await run.ended).toBe(0);
  await expectNothingLeft(run);
});

it("a port in use is one sentence with the remedy, before anything is started", async () => {
  const run = await dev({ environment: { LEGACY_PORT: String(await heldPort()) } });
  expect(await run.ended).toBe(1);
  expect(run.output()).toMatch(
    /^figway: Port (\d+) \(legacy-app\) is in use by another program; stop that program, or choose another port: LEGACY_PORT=\d+ npm start\n$/,
  );
  await expectNothingLeft({ ...run, ports: { ...run.ports, LEGACY_PORT: run.ports.PORT } });
});

it("a broken routes.json is reported with its place, before anything is started", async () => {
  const run = await dev({ prepare: (folder) => writeFileSync(join(folder, "routes.json"), '{ "routes": [ }') });
  expect(await run.ended).toBe(1);
  expect(run.output()).toMatch(/^routes\.json:1:\d+ error\n/);
  expect(run.output()).toMatch(/figway: routes\.json has 1 error; correct it and start again\.\n$/);
  await expectNothingLeft(run);
});

it.each([
  [
    "a REDIS_URL where nothing answers",
    { REDIS_URL: "redis://127.0.0.1:1" },
    "Nothing answers at 127.0.0.1:1, where REDIS_URL points",
  ],
  ["an UNLEASH_URL without a token", { UNLEASH_URL: "http://127.0.0.1:1/api", UNLEASH_TOKEN: "" }, "UNLEASH_TOKEN"],
  ["a port that is no number", { PORT: "http" }, 'PORT is "http", which is no port'],
  ["a missing routes.json", { FIGWAY_CONFIG: "elsewhere.json" }, "elsewhere.json does not exist"],
])("%s is told in a sentence, and nothing is left running", async (_what, environment, sentence) => {
  const run = await dev({ environment });
  expect(await run.ended).toBe(1);
  expect(run.output()).toContain(sentence);
  expect(run.output()).not.toContain("    at ");
  expect(run.processes()).toEqual([]);
});

it("a start that fails leaves alone what commands need to find a demo that runs beside it", async () => {
  const ofTheOther = "# Written by figway dev; read by the other commands.\nPORT='1'\nADMIN_PORT='2'\n";
  const run = await dev({
    environment: { REDIS_URL: "redis://127.0.0.1:1" },
    prepare: (folder) => {
      mkdirSync(join(folder, ".figway"));
      writeFileSync(join(folder, ".figway/dev.env"), ofTheOther);
    },
  });
  expect(await run.ended).toBe(1);
  expect(run.output()).toContain("Nothing answers at 127.0.0.1:1");
  expect(readFileSync(join(run.folder, ".figway/dev.env"), "utf8")).toBe(ofTheOther);
});

/** Runs a command in a folder as in another terminal, and gives its standard output. */
async function figwayIn(folder: string, ...args: string[]): Promise<string> {
  const { PORT: _p, ADMIN_PORT: _a, ...environment } = process.env;
  const child = spawn(process.execPath, [bin, ...args], {
    cwd: folder,
    env: environment,
    stdio: ["ignore", "pipe", "inherit"],
  });
  let out = "";
  for await (const chunk of child.stdout) out += String(chunk);
  return out;
}

function pidListeningAs(entry: string, run: DevRun): number {
  const pid = run.processes().find((candidate) => readFileSync(`/proc/${candidate}/cmdline`, "utf8").includes(entry));
  if (pid === undefined) throw new Error(`no process runs ${entry}`);
  return pid;
}

async function heldPort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  server.unref();
  await new Promise((listening) => server.once("listening", listening));
  return (server.address() as { port: number }).port;
}
