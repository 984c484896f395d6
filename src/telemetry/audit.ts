import { appendFileSync, closeSync, fstatSync, mkdirSync, openSync, readSync } from "node:fs";
import { dirname } from "node:path";
import { describeError, type Log } from "./log.ts";

/** One flip, rollback, rotation or reload: who, when, what, before and after, why (law 8). */
export interface AuditRecord {
  /** When, as RFC 3339 in UTC. */
  readonly at: string;
  /** Who: a person's or a program's name as given, or the source that changed by itself. */
  readonly actor: string;
  readonly action:
    | "flag-changed"
    | "config-reloaded"
    | "config-refused"
    | "keys-rotated"
    | "keys-withdrawn"
    | "unsafe-setting"
    | "override-set"
    | "override-cleared";
  /** What: the flag's, route's or file's name. */
  readonly target: string;
  readonly before: string;
  readonly after: string;
  readonly why: string | undefined;
}

export interface AuditTrail {
  record(entry: Omit<AuditRecord, "at">): void;
  /** The newest records, newest first. */
  recent(count: number): AuditRecord[];
}

/** An append-only file of JSON lines, mirrored into the log. A trail that cannot be written says so and stops nothing. */
export function createAuditTrail(options: { file: string; log: Log; nowMs: () => number }): AuditTrail {
  return { record, recent };

  function record(entry: Omit<AuditRecord, "at">): void {
    const line: AuditRecord = { at: new Date(options.nowMs()).toISOString(), ...entry };
    options.log.info("audit", { ...line });
    try {
      mkdirSync(dirname(options.file), { recursive: true });
      appendFileSync(options.file, `${JSON.stringify(line)}\n`, { mode: 0o600 });
    } catch (error) {
      options.log.error("the audit trail could not be written", { file: options.file, cause: describeError(error) });
    }
  }

  function recent(count: number): AuditRecord[] {
    return readEnd(options.file)
      .trimEnd()
      .split("\n")
      .slice(-count)
      .reverse()
      .flatMap((line) => {
        try {
          return [JSON.parse(line) as AuditRecord];
        } catch {
          return []; // a line cut short, by a full disk or because reading began within it; the rest of the trail still counts
        }
      });
  }
}

/** How much of the file's end is read, in octets: the trail of years must not be read by whoever wants to see the last flips. */
const END_BYTES = 262_144;

function readEnd(file: string): string {
  let fd: number;
  try {
    fd = openSync(file, "r");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return ""; // nothing was ever recorded
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    const end = Buffer.alloc(Math.min(size, END_BYTES));
    const read = readSync(fd, end, 0, end.length, size - end.length);
    return end.toString("utf8", 0, read);
  } finally {
    closeSync(fd);
  }
}
