import pino from "pino";

/** What figway logs through: JSON lines on standard output. Message first, then the fields. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** The same with the level as an argument, for parts that take a log as one function. */
  write(level: Exclude<LogLevel, "silent">, message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Writes out what is still in memory. */
  flush(): void;
}

export type LogLevel = "debug" | "info" | "warn" | "error" | "silent";

/** Fields that carry credentials; should one be logged by mistake, its value never reaches the log, at whatever depth. */
const SECRETS = new Set([
  "cookie",
  "authorization",
  "token",
  "secret",
  "secrets",
  "password",
  "setCookie",
  "set-cookie",
]);

const RANKS: Record<LogLevel, number> = { debug: 0, info: 1, warn: 2, error: 3, silent: 4 };

/** The octets that wait in memory before they are written: each write wakes a thread, which costs as much as some ten lines. */
const BUFFERED_BYTES = 65_536;
/** How long a line waits in memory at the most, in milliseconds. */
const FLUSH_INTERVAL_MS = 100;
/** What waits for a reader that is too slow. Beyond it lines are lost: a log that blocks would stop the traffic (law 7). */
const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/**
 * Lines are put together here and written by pino's destination, in large pieces. pino itself, with redaction by paths and a write
 * for every 8 KB, took a third of all that a forwarded request cost; this takes a twentieth (docs/benchmarks.md).
 */
export function createLog(options: { level: LogLevel; fd?: number }): Log & { close(): void } {
  const destination = pino.destination({
    fd: options.fd ?? 1,
    minLength: BUFFERED_BYTES,
    maxWrite: 2 * BUFFERED_BYTES,
    maxLength: MAX_WAITING_BYTES,
    periodicFlush: FLUSH_INTERVAL_MS,
    sync: false,
  });
  // A reader that went away (a closed pipe) must not end the gateway.
  destination.on("error", () => undefined);
  const threshold = RANKS[options.level];
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    write,
    flush,
    close: flush,
  };

  function flush(): void {
    try {
      destination.flushSync();
    } catch {
      // The reader is gone; there is nobody left to tell.
    }
  }

  function write(
    level: Exclude<LogLevel, "silent">,
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void {
    if (RANKS[level] >= threshold) destination.write(lineOf(level, message, fields));
  }
}

function lineOf(level: string, message: string, fields: Readonly<Record<string, unknown>> = {}): string {
  const head = `{"level":"${level}","time":"${new Date().toISOString()}"`;
  const tail = `"msg":${JSON.stringify(message)}}\n`;
  try {
    const members = JSON.stringify(fields, holdsSecret(fields) ? withoutSecrets : undefined).slice(1, -1);
    return `${head},${members}${members === "" ? "" : ","}${tail}`;
  } catch (error) {
    return `${head},"unloggable":${JSON.stringify(describeError(error))},${tail}`;
  }
}

/** Looked for first: a replacer makes `JSON.stringify` a good deal slower, and there is hardly ever anything to replace. */
function holdsSecret(fields: object): boolean {
  for (const name in fields) {
    if (SECRETS.has(name)) return true;
    const value = (fields as Record<string, unknown>)[name];
    if (typeof value === "object" && value !== null && holdsSecret(value)) return true;
  }
  return false;
}

function withoutSecrets(name: string, value: unknown): unknown {
  return SECRETS.has(name) && value !== undefined ? "[redacted]" : value;
}

/** One line for a log of an unknown thrown value: its message and the messages of its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message === "" ? error.name : error.message;
  return error.cause === undefined ? own : `${own} (${describeError(error.cause)})`;
}
