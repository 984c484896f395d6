import type { Redis } from "ioredis";
import { describeError } from "../../telemetry/log.ts";
import type { IdentityDeps } from "../identity-deps.ts";
import { connectRedis } from "./connect-redis.ts";
import { StoreHealth } from "./store-health.ts";
import { withinTime } from "./within-time.ts";

/** What Redis holds under a key just now. */
export type StoredSession =
  | { readonly kind: "found"; readonly text: string; readonly remainingMs: number | undefined }
  | { readonly kind: "gone" }
  | { readonly kind: "unknown"; readonly cause: string };

const GONE: StoredSession = { kind: "gone" };
/** PTTL of a key that does not exist, and of one without an end (Redis, `PTTL`). */
const NO_KEY = -2;
const NO_END = -1;
/** A key that no session has: asked for to learn whether the store answers. */
const PROBE_SUFFIX = "figway-probe";

interface PendingRead {
  readonly key: string;
  readonly resolve: (session: StoredSession) => void;
}

/**
 * The sessions as connect-redis keeps them: read with GET and PTTL, prolonged with EXPIRE, never written (TRAPS 24). Reads of one turn
 * of the event loop travel together. Nothing rejects; what cannot be read within `commandTimeoutMs` is `unknown`, at once while
 * the store is known to be down.
 */
export class RedisSessionStore {
  readonly #redis: Redis;
  readonly #health: StoreHealth;
  readonly #commandTimeoutMs: number;
  readonly #log: IdentityDeps["log"];
  #pending: PendingRead[] = [];
  #touchFails = false;

  constructor(options: { url: string; prefix: string; commandTimeoutMs: number; log: IdentityDeps["log"] }) {
    this.#commandTimeoutMs = options.commandTimeoutMs;
    this.#redis = connectRedis(options.url, {
      // A connection that stays silent for longer may be half open: it is cut, and another one made.
      socketTimeout: 2 * options.commandTimeoutMs,
    });
    this.#log = options.log;
    this.#health = new StoreHealth({ ...options, redis: this.#redis, probeKey: options.prefix + PROBE_SUFFIX });
  }

  read(key: string): Promise<StoredSession> {
    const down = this.#health.downBecause();
    if (down !== undefined) return Promise.resolve({ kind: "unknown", cause: down });
    return new Promise((resolve) => {
      this.#pending.push({ key, resolve });
      if (this.#pending.length === 1) setImmediate(() => void this.#flush());
    });
  }

  /** Prolongs a session. Nobody waits for it; a failure is logged once until it works again. */
  touch(key: string, ttlSeconds: number): void {
    if (this.#health.downBecause() !== undefined) return;
    this.#redis.expire(key, ttlSeconds).then(
      () => {
        this.#touchFails = false;
        return undefined;
      },
      (error: unknown) => {
        if (!this.#touchFails) this.#log.warn("sessions cannot be prolonged", { cause: describeError(error) });
        this.#touchFails = true;
      },
    );
  }

  /** Makes Redis report a change of a key that exists for nobody: created and deleted within one transaction. */
  async reportChangeOf(key: string): Promise<void> {
    await this.#redis.multi().set(key, "1", "EX", 1).del(key).exec();
  }

  health(): { ok: boolean; detail: string } {
    const down = this.#health.downBecause();
    return down === undefined ? { ok: true, detail: "redis answers" } : { ok: false, detail: down };
  }

  close(): void {
    this.#health.close();
    this.#redis.disconnect();
  }

  async #flush(): Promise<void> {
    const reads = this.#pending;
    this.#pending = [];
    const pipeline = this.#redis.pipeline();
    for (const { key } of reads) pipeline.get(key).pttl(key);
    try {
      const replies = (await withinTime(pipeline.exec(), this.#commandTimeoutMs)) ?? [];
      reads.forEach(({ resolve }, i) => resolve(this.#sessionOf(replies[2 * i], replies[2 * i + 1])));
    } catch (error) {
      this.#health.failed(error);
      for (const { resolve } of reads) resolve({ kind: "unknown", cause: describeError(error) });
    }
  }

  #sessionOf(get: Reply | undefined, pttl: Reply | undefined): StoredSession {
    const error = get?.[0] ?? pttl?.[0];
    if (error !== undefined && error !== null) {
      this.#health.failed(error);
      return { kind: "unknown", cause: describeError(error) };
    }
    const text = get?.[1];
    const remaining = pttl?.[1];
    // Between the two commands the key may have ended; then it has ended.
    if (text === null || remaining === NO_KEY) return GONE;
    if (typeof text !== "string" || typeof remaining !== "number") {
      return { kind: "unknown", cause: `redis gave no answer within ${this.#commandTimeoutMs} ms` };
    }
    return { kind: "found", text, remainingMs: remaining === NO_END ? undefined : remaining };
  }
}

type Reply = [error: Error | null, result: unknown];
