import { createLineSink } from "./line-sink.ts";

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

/**
 * Lines are put together by `JSON.stringify`. pino, with redaction by paths, took a third of all that a forwarded request cost; this
 * takes a twentieth (docs/benchmarks.md).
 */
export function createLog(options: {
  level: LogLevel;
  fd?: number;
  /** How many processes write there. Default: this one alone. */
  writers?: "one" | "several";
}): Log & { close(): void } {
  const sink = createLineSink(options.fd ?? 1, options.writers);
  const threshold = RANKS[options.level];
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    write,
    flush: sink.flush,
    close: sink.close,
  };

  function write(
    level: Exclude<LogLevel, "silent">,
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void {
    if (RANKS[level] >= threshold) sink.write(lineOf(level, message, fields));
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
