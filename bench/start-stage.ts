import { spawnSync } from "node:child_process";
import { rmSync } from "node:fs";
import { join } from "node:path";
import type { OriginPorts } from "./load/origin-messages.ts";
import type { Peer } from "./peer-list.ts";
import type { PeerReady } from "./peers/peer-ready.ts";
import { type Child, startChild } from "./processes/child.ts";
import { assignCores, type Cores, UNPINNED } from "./processes/cores.ts";
import { type FigwayFolderOptions, writeFigwayFolder } from "./setups/figway-config.ts";
import { getRequest, SESSION_SECRET, type SessionWorld, startSessionWorld } from "./setups/session-world.ts";

/** What every measurement stands on: Redis with sessions, the origin, the load generator, and peers started on demand. */
export interface Stage {
  readonly cores: Cores;
  readonly sessions: SessionWorld;
  readonly origin: Child<OriginPorts>;
  readonly load: Child<never>;
  startPeer(peer: PeerToStart): Promise<RunningPeer>;
  stop(): Promise<void>;
}

export interface PeerToStart extends Pick<Peer, "file" | "args" | "isFigway"> {
  /** Figway only: its configuration. */
  readonly figway?: FigwayFolderOptions;
  readonly nodeArgs?: readonly string[];
}

export interface RunningPeer extends Child<PeerReady> {
  /** Figway only: where its files are. */
  readonly flagsFile: string | undefined;
}

/** `pinned: false` leaves it to the system which core does what. */
export async function startStage({ pinned = true } = {}): Promise<Stage> {
  const cores = pinned ? assignCores() : UNPINNED;
  // Redis has no core of its own: what this process starts runs where this process runs.
  if (cores.load !== undefined) spawnSync("taskset", ["-cp", String(cores.load), String(process.pid)]);
  const sessions = await startSessionWorld();
  const origin = await startChild<OriginPorts>({
    file: join(import.meta.dirname, "load/origin.ts"),
    core: cores.origin,
  });
  const load = await startChild<never>({ file: join(import.meta.dirname, "load/load.ts"), core: cores.load });
  const started: RunningPeer[] = [];
  return { cores, sessions, origin, load, startPeer, stop };

  async function startPeer({ file, args, isFigway, figway = {}, nodeArgs = [] }: PeerToStart): Promise<RunningPeer> {
    const files = isFigway ? writeFigwayFolder(figway) : undefined;
    const child = await startChild<PeerReady>({
      file: join(import.meta.dirname, "peers", file),
      args: files === undefined ? args : [files.configFile, ...args],
      nodeArgs,
      core: cores.proxy,
      environment: {
        BENCH_LEGACY_PORT: String(origin.ready.legacy),
        BENCH_MODERN_PORT: String(origin.ready.modern),
        REDIS_URL: sessions.redisUrl,
        SESSION_SECRET,
        NODE_ENV: "production",
      },
      ...(files === undefined ? {} : { outputFile: join(files.folder, "requests.log") }),
    });
    const running: RunningPeer = {
      ...child,
      flagsFile: files?.flagsFile,
      async stop() {
        await child.stop();
        if (files !== undefined) rmSync(files.folder, { recursive: true, force: true });
      },
    };
    started.push(running);
    return running;
  }

  async function stop(): Promise<void> {
    await Promise.all([...started, origin, load].map((child) => child.stop()));
    await sessions.stop();
  }
}

/** The requests that a peer is asked, a list for each user. */
export function requestsFor({ job, fields }: Pick<Peer, "job" | "fields">, sessions: SessionWorld): string[][] {
  const target = job === "full" ? "/orders/4711" : "/catalog/471";
  const accepted = fields === "varied" ? ["application/json", "text/html, application/json;q=0.9"] : undefined;
  return sessions.users.map(
    ({ cookie }) => accepted?.map((accept) => getRequest(target, cookie, accept)) ?? [getRequest(target, cookie)],
  );
}
