import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createRedisServer } from "js-redis-server";
import { freePort } from "./free-port.ts";

/**
 * A Redis server of one's own.
 * - `embedded`: js-redis-server, over real TCP; runs anywhere. It has keyspace notifications but no CLIENT TRACKING.
 * - `real`: the `redis-server` (or `valkey-server`) on PATH, nothing kept on disk.
 */
export type RedisKind = "embedded" | "real";

export interface TestRedis {
  /** `redis://127.0.0.1:port`; stays the same over a restart. */
  readonly url: string;
  readonly port: number;
  /** Stops the server and cuts its connections. Stopping twice is fine. */
  stop(): Promise<void>;
  /** Starts an empty server on the same port (after stopping this one, where it still runs). */
  restart(): Promise<void>;
}

interface RunningServer {
  stop(): Promise<void>;
}

const START_DEADLINE_MS = 30_000;
const PORT_ATTEMPTS = 5;
const REAL_SERVERS = ["redis-server", "valkey-server"];

/** Told to the reader of a skipped test. */
export const HOW_TO_GET_REAL_REDIS = "needs redis-server or valkey-server on PATH, e.g. apt-get install redis-server";

let lookedFor: { readonly binary: string | undefined } | undefined;

function realBinary(): string | undefined {
  lookedFor ??= { binary: REAL_SERVERS.find((name) => spawnSync(name, ["--version"]).status === 0) };
  return lookedFor.binary;
}

/** Whether a real Redis or Valkey server is on PATH. */
export function hasRealRedis(): boolean {
  return realBinary() !== undefined;
}

/** Starts a server on a free loopback port. The caller stops it; a real one also ends with this process. */
export async function startRedis(kind: RedisKind): Promise<TestRedis> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    try {
      return await startOn(kind, port);
    } catch (error) {
      // Another process may take the port between looking and listening.
      if (attempt === PORT_ATTEMPTS) throw error;
    }
  }
}

async function startOn(kind: RedisKind, port: number): Promise<TestRedis> {
  const start = kind === "embedded" ? startEmbedded : startReal;
  let running: RunningServer | undefined = await start(port);
  const stop = async () => {
    const stopping = running;
    running = undefined;
    await stopping?.stop();
  };
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    stop,
    async restart() {
      await stop();
      running = await start(port);
    },
  };
}

async function startEmbedded(port: number): Promise<RunningServer> {
  const handle = await createRedisServer({ port: 0 });
  // It listens on every interface of the machine, which is nobody else's business.
  await new Promise((closed) => handle.server.server.close(closed));
  await once(handle.server.server.listen(port, "127.0.0.1"), "listening");
  const sockets = new Set<Socket>();
  handle.server.server.on("connection", (socket) => {
    // It writes each reply of a pipeline by itself, and Nagle's algorithm would hold back all but the first for 40 ms.
    socket.setNoDelay(true);
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  return {
    async stop() {
      // Its close() waits for the clients to leave; a server that is stopped does not.
      const closed = handle.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

async function startReal(port: number): Promise<RunningServer> {
  const command = realBinary();
  if (command === undefined) throw new Error(`no real Redis here: ${HOW_TO_GET_REAL_REDIS}`);
  const directory = mkdtempSync(join(tmpdir(), "figway-redis-"));
  const options = { port, bind: "127.0.0.1", dir: directory, save: "", appendonly: "no" };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const child = spawn(command, args, { stdio: "ignore" });
  const killWithParent = () => {
    child.kill("SIGKILL");
    rmSync(directory, { recursive: true, force: true });
  };
  process.once("exit", killWithParent);
  const stop = async () => {
    process.off("exit", killWithParent);
    await end(child);
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    await untilListening(child, port);
  } catch (error) {
    await stop();
    throw error;
  }
  return { stop };
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGKILL");
  await exited;
}

async function untilListening(child: ChildProcess, port: number): Promise<void> {
  const deadline = Date.now() + START_DEADLINE_MS;
  while (Date.now() < deadline) {
    if (child.exitCode !== null) throw new Error(`redis-server ended with ${child.exitCode}`);
    if (await answersPing(port)) return;
    await sleep(10);
  }
  throw new Error(`redis-server did not listen within ${START_DEADLINE_MS} ms`);
}

function answersPing(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1", () => socket.write("PING\r\n"));
    const settle = (answered: boolean) => {
      socket.destroy();
      resolve(answered);
    };
    socket.once("data", (bytes) => settle(bytes.toString().startsWith("+PONG")));
    socket.once("error", () => settle(false));
    socket.once("close", () => settle(false));
  });
}
