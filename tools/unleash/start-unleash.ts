import { realpathSync } from "node:fs";
import { type ChildProcess, fork } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join, resolve } from "node:path";
import { createDemoFlags } from "./demo-flags.ts";
import { installUnleash } from "./install-unleash.ts";

export interface StartUnleashOptions {
  /** Default: a free one. */
  readonly port?: number;
  /** Where the database and the tokens are kept: flags survive a restart. Made when it is missing. */
  readonly dataDir: string;
  /** Takes one line of progress, or of what Unleash complains about. */
  readonly log: (line: string) => void;
}

export interface RunningUnleash {
  /** What figway's `flags.url` must be: `http://127.0.0.1:port/api`. */
  readonly url: string;
  /** The page for people; log in as `admin` with the password `unleash4all`. */
  readonly uiUrl: string;
  /** For figway's `flags.token`: reads the flags of the environment `development`. */
  readonly backendToken: string;
  readonly adminToken: string;
  readonly pid: number;
  /** Settles when the server has ended, wanted or not. */
  readonly ended: Promise<void>;
  /** Stops the server and its database; no process is left. Stopping twice is fine. */
  stop(): Promise<void>;
}

interface Tokens {
  readonly backendToken: string;
  readonly adminToken: string;
}

const START_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 8_000;

const stopping = new WeakSet<ChildProcess>();

/**
 * Starts a real Unleash server on an embedded Postgres, on loopback only, with the demo's flags. Installs it when it is not
 * there yet. It runs in a process of its own that ends with this one, however this one ends.
 */
export async function startUnleash(options: StartUnleashOptions): Promise<RunningUnleash> {
  await installUnleash(options.log);
  await mkdir(options.dataDir, { recursive: true });
  const tokens = await keptTokens(options.dataDir);
  const port = options.port ?? (await freePort());
  options.log("Starting Unleash on an embedded Postgres …");
  const child = await launch(options, port, tokens);
  const ended = once(child, "exit").then(() => undefined);
  const stop = () => stopChild(child);
  const url = `http://127.0.0.1:${port}/api`;
  try {
    await createDemoFlags({ url, adminToken: tokens.adminToken });
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, uiUrl: `http://127.0.0.1:${port}`, ...tokens, pid: child.pid as number, ended, stop };
}

async function launch(options: StartUnleashOptions, port: number, tokens: Tokens): Promise<ChildProcess> {
  const pgPort = await freePort();
  const child = fork(join(import.meta.dirname, "run-unleash.ts"), [], {
    cwd: import.meta.dirname,
    env: childEnvironment(resolve(options.dataDir), { port, pgPort }, tokens),
    // pg warns of what Unleash does with it; nothing that a reader here could change.
    execArgv: ["--no-deprecation"],
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const lastLines = relayOutput(child, options.log);
  const deadline = setTimeout(() => child.kill("SIGKILL"), START_DEADLINE_MS);
  try {
    await new Promise<void>((done, fail) => {
      child.once("message", () => done());
      child.once("error", fail);
      child.once("exit", (code, signal) => {
        fail(new Error(`Unleash did not start (${signal ?? code}). ${lastLines.join(" ")}`.trim()));
      });
    });
  } finally {
    clearTimeout(deadline);
  }
  return child;
}

/** Built from scratch: figway's own PORT and UNLEASH_URL mean something else to Unleash. */
function childEnvironment(dataDir: string, ports: { port: number; pgPort: number }, tokens: Tokens): NodeJS.ProcessEnv {
  const inherited = ["PATH", "HOME", "TMPDIR", "TEMP", "TMP", "LANG", "SystemRoot"];
  return {
    ...Object.fromEntries(inherited.map((name) => [name, process.env[name]])),
    NODE_ENV: "production",
    FIGWAY_UNLEASH_DATA: join(dataDir, "postgres"),
    FIGWAY_UNLEASH_PG_PORT: String(ports.pgPort),
    DATABASE_URL: `postgres://postgres:postgres@127.0.0.1:${ports.pgPort}/postgres`,
    DATABASE_SSL: "false",
    // PGlite is one session: with more connections the scheduler's queries collide (protocol error 08P01).
    DATABASE_POOL_MIN: "0",
    DATABASE_POOL_MAX: "1",
    HTTP_HOST: "127.0.0.1",
    PORT: String(ports.port),
    UNLEASH_URL: `http://127.0.0.1:${ports.port}`,
    INIT_ADMIN_API_TOKENS: tokens.adminToken,
    INIT_BACKEND_API_TOKENS: tokens.backendToken,
    GRACEFUL_SHUTDOWN_ENABLE: "false",
    GRACEFUL_SHUTDOWN_TIMEOUT: "100",
    LOG_LEVEL: "error",
    CHECK_VERSION: "false",
    SEND_TELEMETRY: "false",
    SCARF_ANALYTICS: "false",
  };
}

/** Gives each line to the log, and keeps the last ones for an error message. */
function relayOutput(child: ChildProcess, log: (line: string) => void): string[] {
  const lastLines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => {
      for (const line of text.split("\n").filter((line) => line.trim() !== "")) {
        // What is cut short by the end of the server is no complaint.
        if (stopping.has(child)) continue;
        lastLines.push(line.trim());
        if (lastLines.length > 10) lastLines.shift();
        log(line);
      }
    });
  }
  return lastLines;
}

async function stopChild(child: ChildProcess): Promise<void> {
  stopping.add(child);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  const deadline = setTimeout(() => child.kill("SIGKILL"), STOP_DEADLINE_MS);
  if (child.connected) child.send("stop");
  else child.kill("SIGTERM");
  await exited;
  clearTimeout(deadline);
}

/** Random, made once for each data folder: Unleash takes them over when its database is new. */
async function keptTokens(dataDir: string): Promise<Tokens> {
  const file = join(dataDir, "tokens.json");
  const kept = await readFile(file, "utf8").catch(() => undefined);
  if (kept !== undefined) return JSON.parse(kept) as Tokens;
  const secret = () => randomBytes(24).toString("hex");
  const tokens = { backendToken: `default:development.${secret()}`, adminToken: `*:*.${secret()}` };
  await writeFile(file, JSON.stringify(tokens), { mode: 0o600 });
  return tokens;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** `node tools/unleash/start-unleash.ts [port] [data folder]`: runs until Ctrl-C. */
async function main(): Promise<void> {
  const port = Number(process.argv[2] ?? 4242);
  const dataDir = process.argv[3] ?? resolve(import.meta.dirname, "../../.figway/unleash");
  const unleash = await startUnleash({ port, dataDir, log: (line) => console.error(line) });
  console.log(`Unleash   ${unleash.uiUrl}   (admin / unleash4all)`);
  console.log(
    `UNLEASH_URL=${unleash.url}\nUNLEASH_TOKEN=${unleash.backendToken}\nUNLEASH_ADMIN_TOKEN=${unleash.adminToken}`,
  );
  for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => void unleash.stop());
  await unleash.ended;
}

if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === import.meta.filename) await main();
