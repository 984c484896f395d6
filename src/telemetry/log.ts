import { escaped } from "./escaped.ts";
import { createLineSink } from "./line-sink.ts";

/** What figway logs through: JSON lines on standard output. Message first, then the fields. */
export interface Log {
  debug(message: string, fields?: Record<string, unknown>): void;
  info(message: string, fields?: Record<string, unknown>): void;
  warn(message: string, fields?: Record<string, unknown>): void;
  error(message: string, fields?: Record<string, unknown>): void;
  /** The same with the level as an argument, for parts that take a log as one function. */
  write(level: LineLevel, message: string, fields?: Readonly<Record<string, unknown>>): void;
  /** Whether lines of this level are written, for those who would put one together for nothing. */
  writes(level: LineLevel): boolean;
  /**
   * A line whose members come as JSON, comma between them and none around: for the one line that every request writes. They are
   * taken as they are: what may not be logged must not be among them.
   */
  writeMembers(level: LineLevel, message: string, members: string): void;
  /** Writes out what is still in memory. */
  flush(): void;
}

export type LogLevel = LineLevel | "silent";

export type LineLevel = "debug" | "info" | "warn" | "error";

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
  /** Default: the system's clock. */
  nowMs?: () => number;
}): Log & { close(): void } {
  const sink = createLineSink(options.fd ?? 1, options.writers);
  const threshold = RANKS[options.level];
  const timeMember = rememberTime();
  const nowMs = options.nowMs ?? Date.now;
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    write,
    writes,
    writeMembers,
    flush: sink.flush,
    close: sink.close,
  };

  function write(level: LineLevel, message: string, fields: Readonly<Record<string, unknown>> = {}): void {
    if (writes(level)) writeLine(level, message, membersOf(fields));
  }

  function writeMembers(level: LineLevel, message: string, members: string): void {
    if (writes(level)) writeLine(level, message, members);
  }

  function writes(level: LineLevel): boolean {
    return RANKS[level] >= threshold;
  }

  function writeLine(level: LineLevel, message: string, members: string): void {
    const comma = members === "" ? "" : ",";
    sink.write(`{"level":"${level}${timeMember(nowMs())}${members}${comma}"msg":"${escaped(message)}"}\n`);
  }
}

/** The time as a member between two others: RFC 3339 in UTC. Made once a millisecond, which many lines share. */
function rememberTime(): (atMs: number) => string {
  let lastMs = Number.NaN;
  let member = "";
  return function timeMember(atMs) {
    if (atMs !== lastMs) {
      member = `","time":"${new Date(atMs).toISOString()}",`;
      lastMs = atMs;
    }
    return member;
  };
}

function membersOf(fields: Readonly<Record<string, unknown>>): string {
  try {
    return JSON.stringify(fields, holdsSecret(fields) ? withoutSecrets : undefined).slice(1, -1);
  } catch (error) {
    return `"unloggable":${JSON.stringify(describeError(error))}`;
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
