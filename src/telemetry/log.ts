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

/** Fields that carry credentials; should one be logged by mistake, its value never reaches the log. */
const REDACTED = ["cookie", "authorization", "token", "secret", "secrets", "password", "setCookie", "set-cookie"];

/** The most octets that wait in memory before they are written. */
const BUFFERED_BYTES = 8_192;

/** How long a line waits in memory at the most, in milliseconds. A write per request would be the dearest part of logging. */
const FLUSH_INTERVAL_MS = 100;

export function createLog(options: { level: LogLevel; fd?: number }): Log & { close(): void } {
  const destination = pino.destination({ fd: options.fd ?? 1, minLength: BUFFERED_BYTES, sync: true });
  const logger = pino(
    {
      level: options.level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: REDACTED.flatMap((name) => [`["${name}"]`, `*["${name}"]`]), censor: "[redacted]" },
    },
    destination,
  );
  // A reader that went away (a closed pipe) must not end the gateway.
  destination.on("error", () => undefined);
  const timer = setInterval(() => destination.flushSync(), FLUSH_INTERVAL_MS);
  timer.unref();
  return {
    debug: (message, fields) => write("debug", message, fields),
    info: (message, fields) => write("info", message, fields),
    warn: (message, fields) => write("warn", message, fields),
    error: (message, fields) => write("error", message, fields),
    write,
    flush: () => destination.flushSync(),
    close: () => {
      clearInterval(timer);
      destination.flushSync();
    },
  };

  function write(
    level: Exclude<LogLevel, "silent">,
    message: string,
    fields?: Readonly<Record<string, unknown>>,
  ): void {
    if (fields === undefined) logger[level](message);
    else logger[level](fields, message);
  }
}

/** One line for a log of an unknown thrown value: its message and the messages of its causes. */
export function describeError(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const own = error.message === "" ? error.name : error.message;
  return error.cause === undefined ? own : `${own} (${describeError(error.cause)})`;
}
