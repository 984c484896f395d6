import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";

const ON_LINUX = process.platform === "linux";

/** Linux shows times in ticks of 1/100 s to programs, whatever the kernel counts in (proc(5), USER_HZ). */
const TICK_US = 10_000;

/**
 * CPU time used so far by these processes and all that descend from them, in microseconds, user and system together.
 * A process that is gone counts as 0.
 */
export function cpuTimeUs(pids: readonly number[]): number {
  return ON_LINUX ? fromProc(pids) : fromPs(pids);
}

/** The memory of these processes and their descendants that is in RAM, in bytes. Pages they share are counted in each. */
export function residentBytes(pids: readonly number[]): number {
  if (!ON_LINUX) return psWithin(pids).reduce((sum, row) => sum + row.rssKb * 1024, 0);
  return withDescendants(pids).reduce((sum, pid) => {
    const kb = /^VmRSS:\s+(\d+) kB/m.exec(readOr(`/proc/${pid}/status`, ""));
    return sum + (kb === null ? 0 : Number(kb[1]) * 1024);
  }, 0);
}

/** How many descriptors a process has open; undefined where the system does not tell. */
export function openDescriptors(pid: number): number | undefined {
  try {
    return ON_LINUX ? readdirSync(`/proc/${pid}/fd`).length : undefined;
  } catch {
    return undefined;
  }
}

function fromProc(pids: readonly number[]): number {
  return withDescendants(pids).reduce((sum, pid) => sum + ticksOf(readOr(`/proc/${pid}/stat`, "")) * TICK_US, 0);
}

/** utime, stime, and those of children that have ended: fields 14 to 17 (proc(5)). The name in field 2 may hold spaces. */
export function ticksOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return fields.slice(11, 15).reduce((sum, field) => sum + (Number(field) || 0), 0);
}

function withDescendants(pids: readonly number[]): number[] {
  return pids.flatMap((pid) => [pid, ...withDescendants(childrenOf(pid))]);
}

function childrenOf(pid: number): number[] {
  try {
    return readdirSync(`/proc/${pid}/task`).flatMap((thread) =>
      readOr(`/proc/${pid}/task/${thread}/children`, "").split(" ").filter(Boolean).map(Number),
    );
  } catch {
    return [];
  }
}

function readOr(file: string, otherwise: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch {
    return otherwise;
  }
}

interface PsRow {
  readonly pid: number;
  readonly parent: number;
  readonly rssKb: number;
  readonly cpuUs: number;
}

function fromPs(pids: readonly number[]): number {
  return psWithin(pids).reduce((sum, row) => sum + row.cpuUs, 0);
}

function psWithin(pids: readonly number[]): PsRow[] {
  const rows = psRows();
  const parents = new Map(rows.map((row) => [row.pid, row.parent]));
  return rows.filter((row) => {
    for (let at: number | undefined = row.pid; at !== undefined && at !== 0; at = parents.get(at)) {
      if (pids.includes(at)) return true;
    }
    return false;
  });
}

function psRows(): PsRow[] {
  const text = execFileSync("ps", ["-A", "-o", "pid=,ppid=,rss=,time="], { encoding: "utf8" });
  return text
    .trim()
    .split("\n")
    .map((line) => {
      const [pid, parent, rss, time] = line.trim().split(/\s+/) as [string, string, string, string];
      return { pid: Number(pid), parent: Number(parent), rssKb: Number(rss), cpuUs: psTimeUs(time) };
    });
}

/** `[[days-]hours:]minutes:seconds[.hundredths]`, as ps writes it on macOS and the BSDs. */
export function psTimeUs(time: string): number {
  const [clock, days] = time.split("-").reverse() as [string, string | undefined];
  const seconds = clock.split(":").reduce((sum, part) => sum * 60 + Number(part), 0);
  return Math.round((seconds + Number(days ?? 0) * 86_400) * 1_000_000);
}
