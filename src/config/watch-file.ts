import { type FSWatcher, readFileSync, type Stats, watch } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { basename, dirname } from "node:path";

export interface WatchFileOptions {
  readonly path: string;
  /** Called with the file's text when it is another than before. Not called for the text found at the start. */
  readonly onChange: (text: string) => void;
  /**
   * Called once when the file has gone or cannot be read for two looks in a row: an editor that deletes and writes anew is not
   * reported. When the file comes back, `onChange` is called, whatever its text.
   */
  readonly onUnreadable?: (error: NodeJS.ErrnoException) => void;
  /** The text that the caller already knows. Default: what is in the file now. */
  readonly knownText?: string;
  /** How long the file must be left alone before it is read, in milliseconds. Default: 50, longer than an editor takes to write. */
  readonly debounceMs?: number;
  /** How often the file is looked at even if the system reports nothing, in milliseconds. Default: 500. */
  readonly pollMs?: number;
}

/**
 * Watches one file, also through an atomic rename, an editor's delete-and-write, and a link that is turned elsewhere (as
 * Kubernetes does with a ConfigMap). The folder is watched, since a watch on the file would stay with the one that was replaced;
 * a look every `pollMs` covers file systems that report nothing (network drives, some containers). Keeps no process alive.
 */
export function watchFile(options: WatchFileOptions): { close(): void } {
  const { path, debounceMs = 50, pollMs = 500 } = options;
  const watch = new FileWatch(options);
  const stopWatchingFolder = watchFolder(path, () => watch.lookAfter(debounceMs));
  const poll = setInterval(() => void watch.lookIfTouched(debounceMs), pollMs).unref();
  watch.lookAfter(0);
  return {
    close() {
      clearInterval(poll);
      stopWatchingFolder();
      watch.close();
    },
  };
}

/** Reports whatever happens to the file's name. A folder that cannot be watched, or no longer, is left to the polling. */
function watchFolder(path: string, onEvent: () => void): () => void {
  const name = basename(path);
  let watcher: FSWatcher;
  try {
    watcher = watch(dirname(path), { persistent: false }, (_event, changed) => {
      if (changed === null || changed === name) onEvent();
    });
  } catch {
    return () => undefined;
  }
  watcher.on("error", () => watcher.close());
  return () => watcher.close();
}

class FileWatch {
  readonly #options: WatchFileOptions;
  #text: string | undefined;
  #stamp: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = Promise.resolve();
  #failures = 0;
  #isClosed = false;

  constructor(options: WatchFileOptions) {
    this.#options = options;
    this.#text = options.knownText ?? readNow(options.path);
  }

  /** Starts the wait anew, so that a file is not read while it is being written. */
  lookAfter(delayMs: number): void {
    if (this.#isClosed) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#looking = this.#looking.then(() => this.#look());
    }, delayMs).unref();
  }

  async lookIfTouched(debounceMs: number): Promise<void> {
    const stamp = await stat(this.#options.path).then(stampOf, () => undefined);
    const isTouched = stamp !== this.#stamp || stamp === undefined;
    if (isTouched && this.#timer === undefined) this.lookAfter(debounceMs);
  }

  close(): void {
    this.#isClosed = true;
    clearTimeout(this.#timer);
  }

  async #look(): Promise<void> {
    const { path, onChange, onUnreadable } = this.#options;
    const found = await readStamped(path);
    if (this.#isClosed) return;
    if ("error" in found) {
      this.#stamp = undefined;
      this.#failures++;
      if (this.#failures !== 2) return;
      this.#text = undefined;
      const { error } = found;
      // Not here: what the caller throws must not be taken for a file that cannot be read.
      queueMicrotask(() => onUnreadable?.(error));
      return;
    }
    this.#failures = 0;
    this.#stamp = found.stamp;
    if (found.text === this.#text) return;
    this.#text = found.text;
    queueMicrotask(() => onChange(found.text));
  }
}

async function readStamped(path: string): Promise<{ stamp: string; text: string } | { error: NodeJS.ErrnoException }> {
  try {
    // In this order: what is written in between is seen at the next look.
    const stamp = stampOf(await stat(path));
    return { stamp, text: await readFile(path, "utf8") };
  } catch (error) {
    return { error: error as NodeJS.ErrnoException };
  }
}

function stampOf(stats: Stats): string {
  return `${stats.dev}:${stats.ino}:${stats.size}:${stats.mtimeMs}:${stats.ctimeMs}`;
}

function readNow(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}
