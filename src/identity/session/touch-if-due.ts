import type { SessionRecord } from "./session-record.ts";

const MIN_PAUSE_MS = 30_000;
const PAUSES_PER_LIFE = 20;
/** A session that lives for less than some minutes is prolonged often enough all the same. */
const MIN_PAUSES_PER_LIFE = 3;

/**
 * Prolongs the session with legacy's own formula, `EXPIRE` to ceil(originalMaxAge / 1000) or else the store's ttl (connect-redis 8.1
 * `touch`), unless that was done just now by anyone. Returns whether it did (TRAPS 3).
 */
export function touchIfDue(
  record: SessionRecord,
  nowMs: number,
  touch: (key: string, ttlSeconds: number) => void,
): boolean {
  const { lifeMs } = record;
  if (lifeMs === undefined || nowMs - record.renewedAtMs < pauseMs(lifeMs)) return false;
  const ttlSeconds = Math.ceil(lifeMs / 1_000);
  // EXPIRE with 0 deletes the key.
  if (!Number.isSafeInteger(ttlSeconds) || ttlSeconds < 1) return false;
  record.renewedAtMs = nowMs;
  touch(record.name.key, ttlSeconds);
  return true;
}

function pauseMs(lifeMs: number): number {
  return Math.min(Math.max(MIN_PAUSE_MS, lifeMs / PAUSES_PER_LIFE), lifeMs / MIN_PAUSES_PER_LIFE);
}
