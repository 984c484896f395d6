import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { freePort } from "./free-port.ts";
import { eventually } from "./start-shop.ts";

const BIN = join(resolve(import.meta.dirname, "../.."), "bin/figway");

/** figway as an operator runs it: a process of its own, stopped by signals. */
export interface FigwayProcess {
  readonly url: string;
  readonly adminUrl: string;
  readonly child: ChildProcess;
  /** Its log, parsed. */
  log(): { msg: string; [field: string]: unknown }[];
  /** What it said to the person at the terminal. */
  errors(): string;
  /** The exit code, or the signal that ended it. */
  readonly ended: Promise<number | string>;
  /** SIGTERM, and its end. */
  stop(): Promise<number | string>;
}

export async function startProcess(options: {
  readonly configFile: string;
  readonly args?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Default: a free one. */
  readonly port?: number;
  /** Default: ready before the promise resolves. */
  readonly wait?: "ready" | "none";
}): Promise<FigwayProcess> {
  const [port, adminPort] = [options.port ?? (await freePort()), await freePort()];
  const environment = { ...process.env, PORT: String(port), ADMIN_PORT: String(adminPort), ...options.environment };
  const child = spawn(process.execPath, [BIN, "start", "-c", options.configFile, ...(options.args ?? [])], {
    env: environment,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  let errors = "";
  child.stdout.on("data", (bytes: Buffer) => (output += bytes.toString()));
  child.stderr.on("data", (bytes: Buffer) => (errors += bytes.toString()));
  const ended = once(child, "exit").then(([code, signal]: (number | string | null)[]) => signal ?? code ?? "");
  const adminUrl = `http://127.0.0.1:${adminPort}`;
  if (options.wait !== "none") {
    await eventually(async () => {
      if (child.exitCode !== null) throw new Error(`figway ended: ${errors}`);
      if ((await fetch(`${adminUrl}/readyz`)).status !== 200) throw new Error(`figway is not ready: ${errors}`);
    }, 40_000);
  }
  return {
    url: `http://127.0.0.1:${port}`,
    adminUrl,
    child,
    log: () =>
      output
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as { msg: string }),
    errors: () => errors,
    ended,
    async stop() {
      if (child.exitCode === null && child.signalCode === null) child.kill("SIGTERM");
      return await ended;
    },
  };
}
