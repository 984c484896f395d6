import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { resolve } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { WebSocket } from "ws";
import { until } from "./until.ts";

const children: ChildProcess[] = [];

afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
});

interface RunningProcess {
  readonly child: ChildProcess;
  output(): string;
  exitCode(): Promise<number | null>;
}

function run(app: "legacy-app" | "modern-app", environment: Record<string, string>): RunningProcess {
  const entry = resolve(import.meta.dirname, "../..", app, "server.ts");
  const { PATH = "" } = process.env;
  const child = spawn(process.execPath, [entry], { env: { PATH, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  let output = "";
  child.stdout.on("data", (part) => (output += part));
  child.stderr.on("data", (part) => (output += part));
  const closed = once(child, "close");
  return { child, output: () => output, exitCode: async () => (await closed)[0] as number | null };
}

// A port nobody listens on: the shop starts without its store.
const SETTINGS = { SESSION_SECRET: "secret", REDIS_URL: "redis://127.0.0.1:1" };

it("without SESSION_SECRET the legacy app says so in one sentence and exits with 1", async () => {
  const app = run("legacy-app", { LEGACY_PORT: "0" });
  expect(await app.exitCode()).toBe(1);
  expect(app.output()).toMatch(/^legacy-app: SESSION_SECRET is not set; [^\n]+\.\n$/);
});

describe.each(["legacy-app", "modern-app"] as const)("%s", (name) => {
  const portVariable = name === "legacy-app" ? "LEGACY_PORT" : "MODERN_PORT";

  it("says in one sentence that its port is in use, and exits with 1", async () => {
    const other = createServer().listen(0, "127.0.0.1");
    await once(other, "listening");
    const { port } = other.address() as AddressInfo;
    const app = run(name, { ...SETTINGS, [portVariable]: String(port) });
    expect(await app.exitCode()).toBe(1);
    expect(app.output()).toContain(
      `${name}: port ${port} is in use; stop what listens there or set ${portVariable}.\n`,
    );
    expect(app.output()).not.toContain("    at ");
    other.close();
  });

  it("refuses a port that is no port", async () => {
    const app = run(name, { ...SETTINGS, [portVariable]: "eighty" });
    expect(await app.exitCode()).toBe(1);
    expect(app.output()).toBe(`${portVariable} is "eighty", but a port is a number from 0 to 65535.\n`);
  });

  it.each(["SIGTERM", "SIGINT"] as const)("ends soon after %s with 0, even with a stream open", async (signal) => {
    const app = run(name, { ...SETTINGS, [portVariable]: "0", PORT: "70000" });
    await until(() => app.output().includes(`${name} listens on`), 10_000);
    const url = /listens on (\S+)/.exec(app.output())?.[1] ?? "";
    const socket = new WebSocket(`${url.replace("http", "ws")}/ticker`);
    await once(socket, "message");
    const startedAt = performance.now();
    app.child.kill(signal);
    expect(await app.exitCode()).toBe(0);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });
});
