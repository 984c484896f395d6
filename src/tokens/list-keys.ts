import type { KeyFile } from "./key-file.ts";
import { isPublished, signingKeyAt } from "./rotate-keys.ts";
import type { SigningKey, TokenAlgorithm } from "./signing-key.ts";

/** A key as an operator may see it: no private part. Times are ISO 8601 in UTC; undefined where a brought-along key names none. */
export interface ListedKey {
  readonly kid: string;
  readonly algorithm: TokenAlgorithm;
  /**
   * `next`: published, so that verifiers know it before its first use. `signing`: makes the tokens now. `verifying`: makes none any more,
   * but some that it made may live. `retired`: not published any more.
   */
  readonly state: "next" | "signing" | "verifying" | "retired";
  readonly createdAt: string | undefined;
  readonly activeFrom: string | undefined;
  readonly retiresAt: string | undefined;
}

/** The keys and what each is doing, the newest first. */
export function listKeys(file: KeyFile, nowMs: number): ListedKey[] {
  const signing = signingKeyAt(file.keys, nowMs);
  return file.keys.map((key) => ({
    kid: key.kid,
    algorithm: key.algorithm,
    state: key === signing ? "signing" : stateOf(key, nowMs),
    createdAt: isoTime(key.createdAtMs || undefined),
    activeFrom: isoTime(key.activeFromMs || undefined),
    retiresAt: isoTime(key.retiresAtMs),
  }));
}

function stateOf(key: SigningKey, nowMs: number): ListedKey["state"] {
  if (!isPublished(key, nowMs)) return "retired";
  return key.activeFromMs > nowMs ? "next" : "verifying";
}

function isoTime(epochMs: number | undefined): string | undefined {
  return epochMs === undefined ? undefined : new Date(epochMs).toISOString();
}
