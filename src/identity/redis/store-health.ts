import type { Redis } from "ioredis";
import { describeError } from "../../telemetry/log.ts";
import type { IdentityDeps } from "../identity-deps.ts";
import { withinTime } from "./within-time.ts";

/** How often a store that is down is asked whether it is back. */
const PROBE_INTERVAL_MS = 150;
/** The reply is about one key, not about the store. */
const OF_ONE_KEY = /^WRONGTYPE/;

/**
 * Whether the store answers. One failure is enough to take it for down: every request from then on learns so at once instead of
 * waiting for a time-out of its own, until a probe is answered. Only changes are logged.
 */
export class StoreHealth {
  readonly #redis: Redis;
  readonly #probeKey: string;
  readonly #commandTimeoutMs: number;
  readonly #log: IdentityDeps["log"];
  #down: string | undefined = "redis is not connected yet";
  #wasUp = false;
  #probe: NodeJS.Timeout | undefined;
  #closed = false;

  constructor(options: { redis: Redis; probeKey: string; commandTimeoutMs: number; log: IdentityDeps["log"] }) {
    this.#commandTimeoutMs = options.commandTimeoutMs;
    this.#redis = options.redis;
    this.#probeKey = options.probeKey;
    this.#log = options.log;
    this.#redis.on("ready", () => void this.#ask());
    this.#redis.on("close", () => this.failed(new Error("the connection to redis is closed")));
    this.#redis.on("error", (error: unknown) => this.failed(error));
  }

  /** Why the store cannot be read, or undefined when it can. */
  downBecause(): string | undefined {
    return this.#down;
  }

  failed(error: unknown): void {
    const cause = describeError(error);
    if (this.#closed || OF_ONE_KEY.test(cause)) return;
    const wasUp = this.#down === undefined;
    if (wasUp) this.#log.warn("the session store cannot be read", { cause });
    this.#down = cause;
    // At once: it may have been figway that was slow, with the answer already waiting to be read.
    this.#schedule(wasUp ? 0 : PROBE_INTERVAL_MS);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#probe);
  }

  #schedule(afterMs: number): void {
    if (this.#probe !== undefined || this.#closed) return;
    this.#probe = setTimeout(() => {
      this.#probe = undefined;
      void this.#ask();
    }, afterMs);
    this.#probe.unref();
  }

  async #ask(): Promise<void> {
    if (this.#redis.status !== "ready") return this.#schedule(PROBE_INTERVAL_MS);
    try {
      // The command that sessions are read with: it fails of whatever they would fail of (LOADING, NOAUTH, NOPERM, MASTERDOWN).
      await withinTime(this.#redis.get(this.#probeKey), this.#commandTimeoutMs);
      this.#recovered();
    } catch (error) {
      this.failed(error);
    }
  }

  #recovered(): void {
    if (this.#down === undefined || this.#closed) return;
    this.#down = undefined;
    this.#log.info(this.#wasUp ? "the session store can be read again" : "the session store can be read");
    this.#wasUp = true;
  }
}
