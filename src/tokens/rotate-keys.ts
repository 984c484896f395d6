import type { KeyFile } from "./key-file.ts";
import { type KeyStore, KeyStoreError } from "./key-store.ts";
import { generateSigningKey, type SigningKey, type TokenAlgorithm } from "./signing-key.ts";

/** How long the steps of a rotation must be apart (TRAPS 28). */
export interface RotationTiming {
  /** How long a verifier may keep the key set that it fetched. jose's default, and figway/verify's: 10 minutes. */
  readonly verifierCacheSeconds: number;
  /** Everything else that delays: caches of HTTP in between, replicas that reload, clocks that differ. */
  readonly marginSeconds: number;
  /** The longest life that a token can have. */
  readonly maxTokenLifeSeconds: number;
}

export const DEFAULT_ROTATION_TIMING: RotationTiming = {
  verifierCacheSeconds: 600,
  marginSeconds: 120,
  maxTokenLifeSeconds: 900,
};

export interface RotateOptions {
  readonly nowMs: number;
  /** What the new key signs with. */
  readonly algorithm: TokenAlgorithm;
  /**
   * `graceful` (default): the new key is published at once, signs when every verifier has seen it, and the others stay until their last
   * token has died. `compromised`: the new key signs at once and the others are withdrawn at once. A verifier that
   * meets the new key fetches the set anew (at most every 30 s) and so forgets the withdrawn ones; one that is asked nothing may
   * believe them until its cache ends.
   */
  readonly mode?: "graceful" | "compromised";
  readonly timing?: RotationTiming;
}

export type RotateResult =
  | { readonly kind: "rotated"; readonly key: SigningKey; readonly file: KeyFile }
  /** The keys were brought along in FIGWAY_KEYS: who brought them rotates them. */
  | { readonly kind: "read-only" };

/** Other replicas may save at the same moment; each of these attempts starts from what they saved. */
const ATTEMPTS = 10;

/** Adds a key and schedules the retirement of the others. Rejects with a KeyStoreError. */
export async function rotateKeys(store: KeyStore, options: RotateOptions): Promise<RotateResult> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const present = await store.load();
    const rotated = rotation(present, options);
    const result = await store.save(rotated.file, present);
    if (result === "saved") return { kind: "rotated", ...rotated };
    if (result === "read-only") return { kind: "read-only" };
  }
  throw busy(store);
}

/**
 * The keys in the store. Where none of them lives, makes the first one; where the newest is of another algorithm, its successor. Of replicas
 * that start together only one makes it. Rejects with a KeyStoreError.
 */
export async function ensureKeys(store: KeyStore, options: RotateOptions): Promise<KeyFile> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const present = await store.load();
    const living = present?.keys.some((key) => isPublished(key, options.nowMs)) ? present : undefined;
    if (living?.keys[0]?.algorithm === options.algorithm) return living;
    const { file } = rotation(present, options);
    const result = await store.save(file, present);
    if (result === "saved") return file;
    if (result === "read-only" && living !== undefined) return living;
    if (result === "read-only")
      throw new KeyStoreError("invalid", `${store.description}: every key has retired; bring along one that has not`);
  }
  throw busy(store);
}

function busy(store: KeyStore): KeyStoreError {
  return new KeyStoreError("unavailable", `${store.description} was changed by somebody else again and again`);
}

function rotation(
  present: KeyFile | undefined,
  { nowMs, algorithm, mode = "graceful", timing = DEFAULT_ROTATION_TIMING }: RotateOptions,
): { readonly key: SigningKey; readonly file: KeyFile } {
  const others = (present?.keys ?? []).filter((key) => isPublished(key, nowMs));
  const publishMs = (timing.verifierCacheSeconds + timing.marginSeconds) * 1_000;
  // Without a key that verifiers may have cached there is nothing to wait for.
  const signsAtOnce = mode === "compromised" || others.length === 0;
  const key = generateSigningKey(algorithm, {
    createdAtMs: nowMs,
    activeFromMs: signsAtOnce ? nowMs : nowMs + publishMs,
  });
  const lastUseMs = key.activeFromMs + timing.maxTokenLifeSeconds * 1_000 + publishMs;
  const retiring = others.map((other) => ({
    ...other,
    retiresAtMs: Math.min(other.retiresAtMs ?? lastUseMs, lastUseMs),
  }));
  return {
    key,
    file: {
      revision: Math.max(nowMs, (present?.revision ?? 0) + 1),
      keys: [key, ...(mode === "compromised" ? [] : retiring)],
    },
  };
}

/** Whether the key belongs into the key set that verifiers fetch: from its making to its retirement. */
export function isPublished({ retiresAtMs }: SigningKey, nowMs: number): boolean {
  return retiresAtMs === undefined || nowMs < retiresAtMs;
}

/**
 * The key to sign with: of the published ones whose time has come, the one whose time came last; the earlier in the list where that
 * says nothing. Where none's time has come yet (a clock behind the one that made them) the next one, rather than none.
 */
export function signingKeyAt(keys: readonly SigningKey[], nowMs: number): SigningKey | undefined {
  const published = keys.filter((key) => isPublished(key, nowMs));
  const active = published.filter(({ activeFromMs }) => activeFromMs <= nowMs);
  const byStart = (a: SigningKey, b: SigningKey) => a.activeFromMs - b.activeFromMs;
  return active.length > 0 ? active.toSorted((a, b) => byStart(b, a))[0] : published.toSorted(byStart)[0];
}
