import { randomBytes } from "node:crypto";
import { link, mkdir, open, readFile, rename, stat, unlink } from "node:fs/promises";
import { dirname } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { createKeyFileTexts, type KeyFile, serializeKeyFile } from "./key-file.ts";
import { type KeyStore, KeyStoreError, type SaveResult } from "./key-store.ts";

/** A replacement takes milliseconds; a lock this old was left by a process that died. */
const LOCK_STALE_MS = 10_000;
const LOCK_RETRY_MS = 20;

/** Keys in a file of figway's own (mode 0600), shared by the replicas on one host. Every change is atomic for readers. */
export function createFileKeyStore(path: string): KeyStore {
  const description = `the file ${path}`;
  const texts = createKeyFileTexts(description);
  const lockPath = `${path}.lock`;
  return { description, load, save };

  async function load(): Promise<KeyFile | undefined> {
    const text = await readText();
    return text === undefined ? undefined : texts.parse(text);
  }

  async function save(next: KeyFile, expected: KeyFile | undefined): Promise<SaveResult> {
    const text = serializeKeyFile(next);
    try {
      const saved = expected === undefined ? await create(text) : await replace(text, texts.textOf(expected));
      if (!saved) return "conflict";
    } catch (cause) {
      if (cause instanceof KeyStoreError) throw cause;
      throw new KeyStoreError("unavailable", `${description} cannot be written`, cause);
    }
    texts.remember(next, text);
    return "saved";
  }

  /** A hard link fails where the name exists and shows the whole file where it does not: one creator, no half file. */
  async function create(text: string): Promise<boolean> {
    await mkdir(dirname(path), { recursive: true, mode: 0o700 });
    const draft = await writeDraft(text);
    try {
      await link(draft, path);
      return true;
    } catch (error) {
      if (hasCode(error, "EEXIST")) return false;
      throw error;
    } finally {
      await unlink(draft);
    }
  }

  async function replace(text: string, expectedText: string | undefined): Promise<boolean> {
    await takeLock();
    try {
      if (expectedText === undefined || (await readText()) !== expectedText) return false;
      await rename(await writeDraft(text), path);
      return true;
    } finally {
      await unlink(lockPath).catch(ignoreMissing);
    }
  }

  async function writeDraft(text: string): Promise<string> {
    const draft = `${path}.${randomBytes(6).toString("hex")}.tmp`;
    const file = await open(draft, "wx", 0o600);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    return draft;
  }

  async function takeLock(): Promise<void> {
    for (;;) {
      try {
        await (await open(lockPath, "wx", 0o600)).close();
        return;
      } catch (error) {
        if (!hasCode(error, "EEXIST")) throw error;
      }
      if (await lockIsStale()) await unlink(lockPath).catch(ignoreMissing);
      else await sleep(LOCK_RETRY_MS);
    }
  }

  async function lockIsStale(): Promise<boolean> {
    try {
      // Both times are the file system's and this host's wall clock; a lock from the future is as dead as one from long ago.
      return Math.abs(Date.now() - (await stat(lockPath)).mtimeMs) > LOCK_STALE_MS;
    } catch (error) {
      ignoreMissing(error);
      return false;
    }
  }

  async function readText(): Promise<string | undefined> {
    try {
      return await readFile(path, "utf8");
    } catch (cause) {
      if (hasCode(cause, "ENOENT")) return undefined;
      throw new KeyStoreError("unavailable", `${description} cannot be read`, cause);
    }
  }
}

function hasCode(error: unknown, code: string): boolean {
  return (error as NodeJS.ErrnoException).code === code;
}

function ignoreMissing(error: unknown): void {
  if (!hasCode(error, "ENOENT")) throw error;
}
