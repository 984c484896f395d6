import type { KeyFile } from "./key-file.ts";
import type { KeyStore } from "./key-store.ts";
import { ensureKeys, isPublished, type RotationTiming, signingKeyAt } from "./rotate-keys.ts";
import { createSigner, type Signer } from "./signer.ts";
import { type PublicJwk, publicPartOf, type TokenAlgorithm } from "./signing-key.ts";

export interface KeyringOptions {
  readonly store: KeyStore;
  readonly clock: { nowMs(): number };
  /** What keys are made for. A key of another algorithm goes on signing until its successor, made at the start, takes over. */
  readonly algorithm: TokenAlgorithm;
  /** How often the store is asked for changes, in milliseconds; default 2000. 0: never by itself. */
  readonly reloadIntervalMs?: number;
  readonly timing?: RotationTiming;
  /** Told once when the store becomes unreadable, while the keys at hand go on; and once, with undefined, when it can be read again. */
  readonly onProblem?: (problem: Error | undefined) => void;
}

/** A key as verifiers fetch it (RFC 7517 §4). */
export interface PublishedKey extends PublicJwk {
  readonly kid: string;
  readonly alg: TokenAlgorithm;
  readonly use: "sig";
}

/** The keys of this process: kept in memory, kept up with the store. */
export interface Keyring {
  /** The key to sign with at this time. Synchronous; a comparison of numbers while no key's time comes or goes. */
  signer(nowMs: number): Signer;
  published(nowMs: number): readonly PublishedKey[];
  /** Looks into the store now. Rejects never: what goes wrong is in `health`. */
  reload(): Promise<void>;
  readonly file: KeyFile;
  health(): { readonly ok: boolean; readonly detail: string };
  /** Ends the looking, and lets go of the store. */
  close(): void;
}

/** Loads the keys, making them where there are none. Rejects with a KeyStoreError: without a key figway must not start. */
export async function createKeyring(options: KeyringOptions): Promise<Keyring> {
  const { store, clock, algorithm, reloadIntervalMs = 2_000, timing, onProblem = () => {} } = options;
  const makeOptions = { nowMs: clock.nowMs(), algorithm, ...(timing === undefined ? {} : { timing }) };
  let file: KeyFile;
  try {
    file = await ensureKeys(store, makeOptions);
  } catch (error) {
    // A connection left behind would keep a process alive that only wants to say why it cannot start.
    store.close?.();
    throw error;
  }
  const signers = new Map<string, Signer>();
  let current = choose(clock.nowMs());
  let problem: Error | undefined;
  let reloading: Promise<void> | undefined;
  const timer = reloadIntervalMs > 0 ? setInterval(() => void reload(), reloadIntervalMs).unref() : undefined;

  return {
    signer,
    published: (nowMs) =>
      file.keys
        .filter((key) => isPublished(key, nowMs))
        .map((key) => ({ ...publicPartOf(key.privateJwk), kid: key.kid, alg: key.algorithm, use: "sig" })),
    reload,
    get file() {
      return file;
    },
    health: () => ({
      ok: problem === undefined,
      detail: problem?.message ?? `${store.description}, signing with ${current.signer.kid}`,
    }),
    close() {
      clearInterval(timer);
      store.close?.();
    },
  };

  function signer(nowMs: number): Signer {
    if (nowMs < current.fromMs || nowMs >= current.untilMs) current = choose(nowMs);
    return current.signer;
  }

  /** The signer for a time, and the span around that time in which the answer stays the same. */
  function choose(nowMs: number): { readonly signer: Signer; readonly fromMs: number; readonly untilMs: number } {
    // A key set whose keys have all retired still has its newest: refusing every user would be the worse answer.
    const key = signingKeyAt(file.keys, nowMs) ?? file.keys[0];
    if (key === undefined) throw new TypeError("a key file is never empty");
    const changes = file.keys.flatMap(({ activeFromMs, retiresAtMs }) => [activeFromMs, retiresAtMs ?? Infinity]);
    const id = `${key.kid} ${key.privateJwk.x}`;
    const made = signers.get(id) ?? createSigner(key);
    signers.set(id, made);
    return {
      signer: made,
      fromMs: Math.max(-Infinity, ...changes.filter((changeMs) => changeMs <= nowMs)),
      untilMs: Math.min(Infinity, ...changes.filter((changeMs) => changeMs > nowMs)),
    };
  }

  function reload(): Promise<void> {
    reloading ??= reloadOnce().finally(() => {
      reloading = undefined;
    });
    return reloading;
  }

  async function reloadOnce(): Promise<void> {
    try {
      await followStore();
      if (problem !== undefined) onProblem(undefined);
      problem = undefined;
    } catch (error) {
      const failure = error instanceof Error ? error : new Error(String(error));
      if (problem?.message !== failure.message) onProblem(failure);
      problem = failure;
    }
  }

  /**
   * The later revision wins. A store that has forgotten (a Redis without persistence that restarted, a deleted file) or that shows an
   * earlier state (a failover, a replayed value) is given back what this process knows, so that tokens on their way stay good.
   */
  async function followStore(): Promise<void> {
    const stored = await store.load();
    if (stored === file) return;
    if (stored === undefined || stored.revision < file.revision) {
      if ((await store.save(file, stored)) !== "read-only") return;
    }
    if (stored === undefined) return;
    file = stored;
    current = choose(clock.nowMs());
  }
}
