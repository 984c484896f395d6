import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Override } from "../model/override.ts";

/**
 * The operators' kill switches, kept in a file so that they outlive a restart and need neither flag server nor network (law 6).
 * Reading one is a map lookup.
 */
export interface Overrides {
  get(routeId: string): Override | undefined;
  list(): readonly Override[];
  /** Sets the override and writes the file before it returns. Throws when the file cannot be written: then nothing changed. */
  set(override: Override): void;
  /** Clears it; answers whether there was one. */
  clear(routeId: string): boolean;
  /** Reads the file again, after another process changed it. A file that cannot be read changes nothing. */
  reload(): "changed" | "same" | "unreadable";
}

/** Throws where the file is there but cannot be read: starting without the kill switches that somebody set would be the worse mistake. */
export function createOverrides(file: string): Overrides {
  const kept = read(file);
  if (kept === undefined)
    throw new Error(`${file} holds no overrides that can be read: mend it, or delete it to start without any.`);
  let byRoute = kept;
  return {
    get: (routeId) => byRoute.get(routeId),
    list: () => [...byRoute.values()],
    set(override) {
      const next = new Map(byRoute).set(override.routeId, override);
      write(file, next);
      byRoute = next;
    },
    clear(routeId) {
      if (!byRoute.has(routeId)) return false;
      const next = new Map(byRoute);
      next.delete(routeId);
      write(file, next);
      byRoute = next;
      return true;
    },
    reload() {
      const next = read(file);
      if (next === undefined) return "unreadable";
      const isSame = JSON.stringify([...next]) === JSON.stringify([...byRoute]);
      byRoute = next;
      return isSame ? "same" : "changed";
    },
  };
}

function read(file: string): Map<string, Override> | undefined {
  if (!existsSync(file)) return new Map();
  try {
    const list = JSON.parse(readFileSync(file, "utf8")) as Override[];
    return new Map(list.map((override) => [override.routeId, override]));
  } catch {
    return undefined; // half written by hand: what is in force stays in force
  }
}

/** Never half written: a new file takes the name of the former one in one step. */
function write(file: string, overrides: ReadonlyMap<string, Override>): void {
  mkdirSync(dirname(file), { recursive: true });
  const temporary = `${file}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify([...overrides.values()], null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, file);
}
