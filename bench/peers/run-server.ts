import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort, untilListening } from "./peer-ready.ts";

const STOP_TIMEOUT_MS = 2_000;

/** A server of another make, in a folder of its own; it ends when this process loses its parent. */
export interface RunningServer {
  readonly port: number;
  readonly pid: number;
}

/** Writes the configuration for a free port, starts the command in the foreground, and waits until it listens. */
export async function runServer(options: {
  readonly command: string;
  readonly args: (configFile: string, folder: string) => string[];
  readonly configuration: (port: number, folder: string) => string;
}): Promise<RunningServer> {
  const folder = mkdtempSync(join(tmpdir(), "figway-bench-"));
  const port = await freePort();
  const configFile = join(folder, "server.conf");
  writeFileSync(configFile, options.configuration(port, folder));
  const server = spawn(options.command, options.args(configFile, folder), { stdio: ["ignore", "ignore", "inherit"] });
  process.on("SIGINT", () => undefined);
  process.on("disconnect", () => void end(server, folder));
  server.on("error", (error) => {
    console.error(error);
    process.exit(1);
  });
  server.on("exit", () => void end(server, folder));
  await untilListening(port);
  return { port, pid: server.pid as number };
}

async function end(server: ChildProcess, folder: string): Promise<void> {
  if (server.exitCode === null && server.signalCode === null) {
    const exited = once(server, "exit");
    server.kill("SIGTERM");
    setTimeout(() => server.kill("SIGKILL"), STOP_TIMEOUT_MS).unref();
    await exited;
  }
  rmSync(folder, { recursive: true, force: true });
  process.exit();
}
