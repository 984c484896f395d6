import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { pinnedCommand } from "./cores.ts";

export interface ChildOptions {
  /** A file of TypeScript that uses `answerParent` or `tellParent`. */
  readonly file: string;
  readonly args?: readonly string[];
  readonly nodeArgs?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** The core it is bound to; undefined: any. */
  readonly core?: number | undefined;
  /** Where its standard output goes. Default: nowhere. */
  readonly outputFile?: string;
}

/** A child process that was started here and says by IPC that it is ready. */
export interface Child<Ready> {
  readonly pid: number;
  readonly ready: Ready;
  /** Asks it; rejects when it ends or takes longer than `timeoutMs`. */
  ask<Reply>(message: object, timeoutMs?: number): Promise<Reply>;
  stop(): Promise<void>;
}

interface FromChild {
  readonly ready?: unknown;
  readonly id?: number;
  readonly reply?: unknown;
  readonly failure?: string;
}

const READY_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 5_000;
const STDERR_KEPT = 2_000;

/** All that run, so that nothing outlives a benchmark that is cut short. */
const running = new Set<ChildProcess>();

export async function startChild<Ready>(options: ChildOptions): Promise<Child<Ready>> {
  const { file, args = [], nodeArgs = [], environment = {}, core, outputFile = "/dev/null" } = options;
  const output = process.platform === "win32" ? "ignore" : openSync(outputFile, "a");
  const [command, commandArgs] = pinnedCommand(core, process.execPath, [...nodeArgs, file, ...args]);
  const child = spawn(command, commandArgs, {
    stdio: ["ignore", output, "pipe", "ipc"],
    env: { ...process.env, ...environment },
  });
  if (typeof output === "number") closeSync(output);
  running.add(child);
  child.once("exit", () => running.delete(child));
  let errors = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => (errors = (errors + text).slice(-STDERR_KEPT)));
  const conversation = converse(child, () => errors);
  const ready = await conversation.ready.catch(async (error: unknown) => {
    await stopProcess(child);
    throw new Error(`${file} did not start: ${String(error)}`);
  });
  return {
    pid: child.pid as number,
    ready: ready as Ready,
    ask: (message, timeoutMs = READY_TIMEOUT_MS) => conversation.ask(message, timeoutMs) as Promise<never>,
    stop: () => stopProcess(child),
  };
}

/** Ends everything that `startChild` began, at once. */
export function killChildren(): void {
  for (const child of running) child.kill("SIGKILL");
}

function converse(child: ChildProcess, errors: () => string) {
  const waiting = new Map<number, { resolve: (reply: unknown) => void; reject: (error: Error) => void }>();
  let nextId = 1;
  const ready = new Promise<unknown>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error("it was not ready in time")), READY_TIMEOUT_MS);
    child.on("error", reject);
    child.on("exit", (code, signal) => {
      clearTimeout(timer);
      const gone = new Error(`it ended (${code ?? signal}). ${errors()}`);
      reject(gone);
      for (const { reject: fail } of waiting.values()) fail(gone);
    });
    child.on("message", ({ ready: said, id, reply, failure }: FromChild) => {
      if (said !== undefined) {
        clearTimeout(timer);
        resolve(said);
      }
      const question = id === undefined ? undefined : waiting.get(id);
      if (failure === undefined) question?.resolve(reply);
      else question?.reject(new Error(failure));
      if (id !== undefined) waiting.delete(id);
    });
  });
  return { ready, ask };

  function ask(message: object, timeoutMs: number): Promise<unknown> {
    const id = nextId++;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("it did not answer in time")), timeoutMs);
      const settled =
        <T>(settle: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          settle(value);
        };
      waiting.set(id, { resolve: settled(resolve), reject: settled(reject) });
      child.send({ id, message }, (error) => error !== null && reject(error));
    });
  }
}

/** Disconnects: the child tidies up and ends. Where it does not, it is killed. */
async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  if (child.connected) child.disconnect();
  else child.kill("SIGTERM");
  const overdue = setTimeout(() => child.kill("SIGKILL"), STOP_TIMEOUT_MS);
  await exited;
  clearTimeout(overdue);
}
