import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { watchFile } from "../config/watch-file.ts";
import type { FileFlagsConfig } from "../config/schema/flags.ts";
import type { FlagAnswer, FlagContext } from "../model/decision.ts";
import type { Problem } from "../model/problem.ts";
import { editFlagsFile } from "./edit-flags-file.ts";
import { FlagChangeError } from "./flag-change-error.ts";
import { FlagEvaluator } from "./flag-evaluator.ts";
import { FlagRepository } from "./flag-repository.ts";
import type {
  FlagChangeListener,
  FlagSource,
  FlagSourceOptions,
  FlagStatus,
  FlagSummary,
  FlagValue,
} from "./flag-source.ts";
import { describeProblem, FlagsFileError } from "./flags-file-error.ts";
import { parseFlagsFile } from "./parse-flags-file.ts";
import { toFeature } from "./to-feature.ts";
import { writeAtomically } from "./write-atomically.ts";

export type FileFlagSourceOptions = FlagSourceOptions & { readonly config: FileFlagsConfig };

/** Reads the file and watches it. Rejects with a `FlagsFileError` when there is nothing valid to start with. */
export async function openFileFlagSource(options: FileFlagSourceOptions): Promise<FlagSource> {
  const source = new FileFlagSource(options);
  try {
    await source.open();
  } catch (error) {
    await source.close();
    throw error;
  }
  return source;
}

class FileFlagSource implements FlagSource {
  readonly #path: string;
  readonly #name: string;
  readonly #log: FileFlagSourceOptions["log"];
  readonly #now: () => number;
  readonly #repository = new FlagRepository();
  readonly #evaluator: FlagEvaluator;
  #watcher: { close(): void } | undefined;
  #isGone = false;
  /** Loads and edits take turns, so that an older text never replaces a newer one. */
  #queue: Promise<unknown> = Promise.resolve();
  #text: string | undefined;
  #revision: string | undefined;
  #loadedAtMs: number | undefined;
  #lastError: string | undefined;
  #closed = false;

  constructor(options: FileFlagSourceOptions) {
    this.#path = resolve(options.baseDir, options.config.file);
    this.#name = options.config.file;
    this.#log = options.log;
    this.#now = options.now ?? Date.now;
    this.#evaluator = new FlagEvaluator(this.#repository, options.log);
  }

  async open(): Promise<void> {
    // Watched before it is read: a change in between is seen as a change.
    this.#watch();
    const problems = await this.#inTurn(() => this.#load());
    if (problems.length > 0) throw new FlagsFileError(this.#name, problems);
  }

  evaluate(flag: string, context: FlagContext): FlagAnswer {
    return this.#evaluator.evaluate(flag, context);
  }

  needsBucket(flag: string): boolean {
    return this.#evaluator.needsBucket(flag);
  }

  mayBeOn(flag: string): boolean {
    return this.#evaluator.mayBeOn(flag);
  }

  list(): readonly FlagSummary[] {
    return this.#evaluator.list("file");
  }

  status(): FlagStatus {
    const count = this.#repository.entries.size;
    const state = `${count} ${count === 1 ? "flag" : "flags"} from ${this.#name}`;
    return {
      source: "file",
      loaded: this.#repository.loaded,
      loadedFrom: this.#repository.loaded ? "source" : "none",
      revision: this.#revision,
      ageMs: this.#loadedAtMs === undefined ? undefined : Math.max(0, this.#now() - this.#loadedAtMs),
      lastError: this.#lastError,
      detail:
        this.#lastError === undefined ? `${state}.` : `The last good ${state} stay in force: the file has errors now.`,
    };
  }

  set(flag: string, value: FlagValue): Promise<void> {
    return this.#inTurn(() => this.#edit(flag, value));
  }

  refresh(): Promise<void> {
    return this.#inTurn(() => this.#reload());
  }

  onChange(listener: FlagChangeListener): () => void {
    return this.#evaluator.onChange(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#watcher?.close();
    await this.#queue;
    this.#evaluator.close();
  }

  #inTurn<T>(task: () => Promise<T>): Promise<T> {
    const turn = this.#queue.then(task);
    this.#queue = turn.catch(() => undefined);
    return turn;
  }

  async #edit(flag: string, value: FlagValue): Promise<void> {
    if (this.#closed) throw new FlagChangeError("The flags are closed: figway is stopping.");
    if (
      typeof value !== "boolean" &&
      !(Number.isInteger(value.percent) && value.percent >= 0 && value.percent <= 100)
    ) {
      throw new FlagChangeError("A percentage is a whole number from 0 to 100.");
    }
    if (flag === "" || flag === "$schema" || flag === "__proto__")
      throw new FlagChangeError(`A flag cannot be called "${flag}".`);
    const text = await this.#readForEdit();
    const parsed = parseFlagsFile(text);
    if (!parsed.ok) {
      const [first] = parsed.problems.map(describeProblem);
      throw new FlagChangeError(`${this.#name} has errors and was left as it is; correct it first. ${first}`);
    }
    const edited = editFlagsFile(text, flag, value);
    await writeAtomically(this.#path, edited).catch((cause: unknown) => {
      throw new FlagChangeError(`${this.#name} cannot be written: ${messageOf(cause)}.`, { cause });
    });
    this.#take(edited);
  }

  async #readForEdit(): Promise<string> {
    return await readFile(this.#path, "utf8").catch((cause: unknown) => {
      throw new FlagChangeError(`${this.#name} cannot be read: ${messageOf(cause)}.`, { cause });
    });
  }

  /** `knownText`: what the watcher takes for the text last seen; it reports the first other one. */
  #watch(knownText?: string): void {
    this.#watcher?.close();
    this.#watcher = watchFile({
      path: this.#path,
      onChange: () => void this.#inTurn(() => this.#reload()),
      onUnreadable: (error) => void this.#inTurn(async () => this.#lose(error)),
      ...(knownText === undefined ? {} : { knownText }),
    });
  }

  /** The watcher would not report a file that comes back with the same text, so it is made to forget that text. */
  #lose(error: unknown): void {
    if (this.#closed) return;
    this.#report([unreadable(error)]);
    if (!this.#isGone) this.#watch("\0");
    this.#isGone = true;
  }

  async #reload(): Promise<void> {
    if (this.#closed) return;
    const problems = await this.#load();
    if (problems.length > 0) this.#report(problems);
  }

  #report(problems: readonly Problem[]): void {
    const text = problems.map(describeProblem).join(" ");
    if (text === this.#lastError) return;
    this.#lastError = text;
    this.#log("error", `${this.#name} has errors: the last good flags stay in force`, {
      file: this.#path,
      problems: problems.map(describeProblem),
    });
  }

  async #load(): Promise<readonly Problem[]> {
    let text: string;
    try {
      text = await readFile(this.#path, "utf8");
    } catch (error) {
      return [unreadable(error)];
    }
    this.#isGone = false;
    return this.#take(text);
  }

  /** Puts the text's flags in force, or returns what is wrong with it. */
  #take(text: string): readonly Problem[] {
    if (text !== this.#text) {
      const result = parseFlagsFile(text);
      if (!result.ok) return result.problems;
      this.#text = text;
      this.#revision = createHash("sha256").update(text).digest("hex").slice(0, 12);
      const changes = this.#repository.load(
        [...result.flags].map(([name, flag]) => toFeature(name, flag)),
        [],
      );
      this.#evaluator.announce(changes);
    }
    if (this.#lastError !== undefined) this.#log("info", `${this.#name} is in order again`, { file: this.#path });
    this.#lastError = undefined;
    this.#loadedAtMs = this.#now();
    return [];
  }
}

function unreadable(error: unknown): Problem {
  const isMissing = (error as NodeJS.ErrnoException).code === "ENOENT";
  return {
    path: "",
    message: isMissing ? "The flag file does not exist." : `The flag file cannot be read: ${messageOf(error)}.`,
    remedy: isMissing
      ? "Create it, with {} at least, or correct `flags.file` in routes.json."
      : "Make it readable to figway.",
    severity: "error",
  };
}

/** `EACCES`, `EISDIR` and the like; the path is said elsewhere. */
function messageOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? String(error);
}
