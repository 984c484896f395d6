import { type ChildProcess, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { CommandFailure } from "../command-failure.ts";
import { isGroupAlive, signalGroup } from "./process-group.ts";
import { siblingModule } from "./sibling.ts";

export interface ChildOptions {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly onLine: (line: string) => void;
  /** Only the last lines of a child that ended unexpectedly are of interest. */
  readonly quiet?: true;
  /** Opens a channel for what the child says to figway dev alone. */
  readonly onMessage?: (message: unknown) => void;
}

export interface Child {
  readonly name: string;
  readonly pid: number;
  hasEnded(): boolean;
}

/** How a child ended that nobody asked to end. */
export interface UnexpectedEnd {
  readonly name: string;
  /** As in "ended with exit code 1". */
  readonly how: string;
}

export interface ChildProcesses {
  start(options: ChildOptions): Child;
  /**
   * Ends the child called `first`, then the others, and the one called `last` after them; who does not end in time is killed.
   * From now on nothing starts.
   */
  stop(order: { readonly first: string; readonly last: string }): Promise<void>;
}

/** How long the first, the others and the last have to end, in milliseconds. Together: within 3 s. */
const GRACE_MS = { first: 1_100, others: 1_300, last: 400 };
const KEPT_LINES = 10;

/**
 * The processes that `figway dev` runs. Each has a process group of its own, so that Ctrl-C in the terminal reaches figway dev
 * alone and it decides the order; a reaper ends them should figway dev be killed.
 */
export function createChildProcesses(onUnexpectedEnd: (end: UnexpectedEnd) => void): ChildProcesses {
  const reaper = spawn(process.execPath, [siblingModule("reaper")], {
    stdio: ["pipe", "ignore", "ignore"],
    detached: true,
    windowsHide: true,
  });
  // Should the reaper itself be killed, figway dev still cleans up after itself.
  reaper.stdin.on("error", () => undefined);
  const running = new Map<string, Child>();
  let stopping = false;

  return { start, stop };

  function start(options: ChildOptions): Child {
    if (stopping) throw new CommandFailure(`${options.name} was not started, because figway dev is ending.`);
    const process = spawn(options.command, options.args, {
      env: options.environment,
      stdio: ["ignore", "pipe", "pipe", ...(options.onMessage === undefined ? [] : (["ipc"] as const))],
      detached: true,
      windowsHide: true,
    });
    let ended = false;
    const lastLines: string[] = [];
    const keepLine = (line: string) => {
      lastLines.push(line);
      if (lastLines.length > KEPT_LINES) lastLines.shift();
    };
    const child: Child = { name: options.name, pid: process.pid ?? 0, hasEnded: () => ended };
    const end = (how: string) => {
      if (ended) return;
      ended = true;
      running.delete(child.name);
      reaper.stdin.write(`-${child.pid}\n`);
      if (stopping) return;
      lastLines.forEach(options.onLine);
      onUnexpectedEnd({ name: options.name, how });
    };
    process.once("error", (error) => end(`could not be started (${error.message})`));
    process.once("close", (code, signal) =>
      end(signal === null ? `ended with exit code ${code}` : `was ended by ${signal}`),
    );
    if (options.onMessage !== undefined) process.on("message", options.onMessage);
    forwardLines(process, options.quiet === true ? keepLine : options.onLine);
    if (process.pid !== undefined) {
      running.set(child.name, child);
      reaper.stdin.write(`+${child.pid}\n`);
    }
    return child;
  }

  async function stop({ first, last }: { readonly first: string; readonly last: string }): Promise<void> {
    stopping = true;
    const left = () => [...running.values()];
    await endAll(
      left().filter(({ name }) => name === first),
      GRACE_MS.first,
    );
    await endAll(
      left().filter(({ name }) => name !== last),
      GRACE_MS.others,
    );
    await endAll(left(), GRACE_MS.last);
    const gone = new Promise<void>((resolve) => reaper.once("exit", () => resolve()));
    reaper.stdin.end();
    if (reaper.exitCode === null && reaper.signalCode === null) await gone;
  }
}

async function endAll(children: readonly Child[], graceMs: number): Promise<void> {
  for (const { pid } of children) signalGroup(pid, "SIGTERM");
  const deadline = performance.now() + graceMs;
  const isLeft = (child: Child) => !child.hasEnded() || isGroupAlive(child.pid);
  while (children.some(isLeft) && performance.now() < deadline) await sleep(15);
  for (const { pid } of children.filter(isLeft)) signalGroup(pid, "SIGKILL");
}

function forwardLines(process: ChildProcess, onLine: (line: string) => void): void {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream !== null) createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY }).on("line", onLine);
  }
}
