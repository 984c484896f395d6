import type { FlagsConfig } from "../config/schema/flags.ts";
import type { FlagAnswer, FlagContext } from "../model/decision.ts";
import { openFileFlagSource } from "./file-flag-source.ts";
import { openUnleashFlagSource } from "./unleash-flag-source.ts";

/** Answers flags. Whatever feeds it, unleash-client evaluates, so a flag means the same in flags.json and in Unleash. */
export interface FlagSource {
  /** Synchronous, no I/O, about a microsecond. Never throws. */
  evaluate(flag: string, context: FlagContext): FlagAnswer;
  /**
   * Whether the answer may depend on the bucket, so that the visitor needs one before the flag is asked. Known since the
   * flags were loaded: a map lookup.
   */
  needsBucket(flag: string): boolean;
  /** Whether the flag can be on for anybody: where it cannot, nobody needs to be known to answer it. A map lookup. */
  mayBeOn(flag: string): boolean;
  list(): readonly FlagSummary[];
  status(): FlagStatus;
  /**
   * Sets a flag for everybody (`true`, `false`) or for a share of the buckets. Effective when the promise resolves.
   * Rejects with a `FlagChangeError` whose message says what to do instead.
   */
  set(flag: string, value: FlagValue): Promise<void>;
  /** Looks at the source now. Rejects never: what goes wrong is in the status. */
  refresh(): Promise<void>;
  /**
   * Tells of every change after the first load, also of those made by hand in the file or in Unleash. Returns what ends
   * the subscription. A listener that throws is logged and hurts nobody else.
   */
  onChange(listener: FlagChangeListener): () => void;
  /** Ends watching and polling. Answers stay as they were. */
  close(): Promise<void>;
}

/** `percent`: a whole number from 0 to 100. */
export type FlagValue = boolean | { readonly percent: number };

export interface FlagSummary {
  readonly name: string;
  /** Whether the flag can be on for anybody. */
  readonly enabled: boolean;
  /** In plain words: `on`, `off`, `25 % of buckets; users u1, u2`. */
  readonly summary: string;
  readonly source: "file" | "unleash";
}

export interface FlagStatus {
  readonly source: "file" | "unleash";
  /** Whether flags were loaded at least once, from wherever. Until then every answer is `not-loaded`. */
  readonly loaded: boolean;
  /** `disk`: the last known good flags of an earlier run; Unleash has not answered since. */
  readonly loadedFrom: "source" | "disk" | "none";
  /** Names what is loaded: equal on two replicas that answer alike. The file's hash, or Unleash's own revision number. */
  readonly revision: string | undefined;
  /** Milliseconds since the source last confirmed these flags; undefined while nothing is loaded. */
  readonly ageMs: number | undefined;
  /** Why the source cannot be read just now, in one line without secrets; undefined when all is well. */
  readonly lastError: string | undefined;
  /** One sentence for people. */
  readonly detail: string;
}

/** `before` and `after` are summaries in plain words; `absent` where the flag did not or does not exist. */
export interface FlagChange {
  readonly flag: string;
  readonly before: string;
  readonly after: string;
}

export type FlagChangeListener = (changes: readonly FlagChange[]) => void;

export type FlagLog = (
  level: "debug" | "info" | "warn" | "error",
  message: string,
  fields?: Readonly<Record<string, unknown>>,
) => void;

export interface FlagSourceOptions {
  readonly config: FlagsConfig;
  /** The folder that a relative flag file is looked for in. */
  readonly baseDir: string;
  /** Where the last known flags of Unleash are kept; relative to `baseDir`. Made when it is missing. */
  readonly stateDir: string;
  readonly log: FlagLog;
  /** The environment's variables. `UNLEASH_ADMIN_TOKEN` allows `set` to change flags in Unleash. */
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Epoch milliseconds. Default: the system clock. */
  readonly now?: () => number;
}

/**
 * Opens the configured source and resolves as soon as it can be asked: for a file when it is read, for Unleash when it has
 * answered, failed, or 3 s have passed (then it goes on trying).
 * Rejects with a `FlagsFileError` when the flag file is missing or wrong: a first load fails hard.
 */
export async function createFlagSource(options: FlagSourceOptions): Promise<FlagSource> {
  return options.config.source === "file"
    ? await openFileFlagSource({ ...options, config: options.config })
    : await openUnleashFlagSource({ ...options, config: options.config });
}
