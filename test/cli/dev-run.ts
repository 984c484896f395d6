import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { demoFlags } from "../doubles/demo-flags.ts";
import { freePort } from "../doubles/free-port.ts";

const root = resolve(import.meta.dirname, "../..");

/** A `bin/figway dev` with its own folder and ports, as a newcomer runs it. */
export interface DevRun {
  readonly process: ChildProcess;
  readonly folder: string;
  readonly ports: Readonly<Record<"PORT" | "ADMIN_PORT" | "LEGACY_PORT" | "MODERN_PORT", string>>;
  readonly url: string;
  /** What it said so far, on both streams. */
  output(): string;
  /** Resolves when the output has the text; fails when the process ends or too much time passes before. */
  says(text: string): Promise<void>;
  /** The exit code, or the signal. */
  readonly ended: Promise<number | NodeJS.Signals>;
  /** The pids of all processes that descend from this run, found by a mark in their environment; on Linux only. */
  processes(): number[];
  /** Removes the folder, and kills what a failed test left. */
  cleanUp(): void;
}

const DEADLINE_MS = 50_000;

export async function startDev(options: {
  readonly environment?: Readonly<Record<string, string>>;
  /** Changes the folder before the start. */
  readonly prepare?: (folder: string) => void;
  readonly args?: readonly string[];
}): Promise<DevRun> {
  const folder = mkdtempSync(join(tmpdir(), "figway-dev-"));
  cpSync(join(root, "routes.json"), join(folder, "routes.json"));
  writeFileSync(join(folder, "flags.json"), demoFlags());
  options.prepare?.(folder);
  const [port, adminPort, legacyPort, modernPort] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const ports = {
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
    LEGACY_PORT: String(legacyPort),
    MODERN_PORT: String(modernPort),
  };
  const mark = randomUUID();
  const { SESSION_SECRET: _s, REDIS_URL: _r, UNLEASH_URL: _u, npm_lifecycle_event: _n, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(root, "bin/figway"), "dev", ...(options.args ?? [])], {
    cwd: folder,
    env: { ...inherited, FIGWAY_TEST_MARK: mark, ...ports, ...options.environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const ended = new Promise<number | NodeJS.Signals>((done) =>
    child.once("close", (code, signal) => done(code ?? (signal as NodeJS.Signals))),
  );
  const processes = () => marked(mark);
  return {
    process: child,
    folder,
    ports,
    url: `http://127.0.0.1:${port}`,
    output: () => output,
    ended,
    processes,
    async says(text) {
      const deadline = performance.now() + DEADLINE_MS;
      while (!output.includes(text)) {
        if (child.exitCode !== null || performance.now() > deadline)
          throw new Error(`never said "${text}":\n${output}`);
        await sleep(20);
      }
    },
    cleanUp() {
      for (const pid of processes()) process.kill(pid, "SIGKILL");
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function marked(mark: string): number[] {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => environmentOf(pid).includes(`FIGWAY_TEST_MARK=${mark}`))
    .map(Number);
}

function environmentOf(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/environ`, "latin1");
  } catch {
    // It ended meanwhile, or is somebody else's.
    return "";
  }
}
