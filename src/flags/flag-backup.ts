import { mkdir, readFile } from "node:fs/promises";
import { dirname } from "node:path";
import { readUnleashFeatures, type UnleashFeatures } from "./unleash-features.ts";
import { writeAtomically } from "./write-atomically.ts";

export interface SavedFlags extends UnleashFeatures {
  readonly savedAtMs: number;
}

/**
 * The last known good flags on disk, so that a restart while Unleash is dead changes nothing (TRAPS 22). They belong to one
 * server and environment: after a change of either they are not taken.
 */
export interface FlagBackup {
  /** Undefined when there are none for this server; rejects when they cannot be read. */
  read(): Promise<SavedFlags | undefined>;
  /** Saves take turns; each replaces the file as a whole. */
  write(flags: SavedFlags): Promise<void>;
}

export function openFlagBackup(path: string, belongsTo: string): FlagBackup {
  let queue: Promise<unknown> = Promise.resolve();
  return {
    read: async () => {
      const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
        if (error.code === "ENOENT") return undefined;
        throw error;
      });
      return text === undefined ? undefined : parseBackup(text, belongsTo);
    },
    write: (flags) => {
      const turn = queue.then(() => save(path, `${JSON.stringify({ belongsTo, ...flags })}\n`));
      queue = turn.catch(() => undefined);
      return turn;
    },
  };
}

async function save(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  // User ids stand in constraints: for this user's eyes only.
  await writeAtomically(path, text, 0o600);
}

function parseBackup(text: string, belongsTo: string): SavedFlags | undefined {
  const saved = JSON.parse(text) as { belongsTo?: unknown; savedAtMs?: unknown };
  const flags = readUnleashFeatures(saved);
  if (flags === undefined || typeof saved.savedAtMs !== "number") throw new Error("it does not hold flags");
  return saved.belongsTo === belongsTo ? { ...flags, savedAtMs: saved.savedAtMs } : undefined;
}
