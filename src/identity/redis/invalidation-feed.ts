import type { Redis } from "ioredis";
import { describeError } from "../../telemetry/log.ts";
import type { IdentityDeps } from "../identity-deps.ts";
import { connectRedis } from "./connect-redis.ts";
import { type FeedMode, subscribeToChanges } from "./subscribe-to-changes.ts";

/** The most that an answer from memory may lag behind Redis when the connection has silently died, in milliseconds. */
export const MAX_UNPROVEN_MS = 2_000;
/** How often the connection has to prove itself. */
const PING_INTERVAL_MS = 400;
/** No answer for so long: the connection is cut. Together with the interval well below MAX_UNPROVEN_MS. */
const PING_TIMEOUT_MS = 1_000;
/** How long Redis may take to report the probe. */
const PROBE_TIMEOUT_MS = 500;
const REARM_MIN_MS = 200;
const REARM_MAX_MS = 10_000;

export interface FeedListener {
  /** The key was written, deleted, prolonged, or has expired. */
  changed(key: string): void;
  /** Anything may have changed: nothing that is remembered may be used. */
  flush(): void;
}

/**
 * Hears from Redis which session changed, over one connection of its own that redirects its invalidations to itself: with two, the
 * death of either leaves the other waiting for ever, without an error (FACTS §3).
 *
 * It counts as armed only after Redis has reported a probe, and its word holds only while PINGs are answered: replies and reports
 * come in order over one connection, so whoever has the answer to a PING has every report that was made before it.
 */
export class InvalidationFeed {
  readonly #options: FeedOptions;
  readonly #redis: Redis;
  readonly #listener: FeedListener;
  #mode: FeedMode | undefined;
  #epoch = 0;
  #provenAtMs = Number.NEGATIVE_INFINITY;
  #awaitedProbe: { key: string; seen: () => void } | undefined;
  #watchdog: NodeJS.Timeout | undefined;
  #rearm: NodeJS.Timeout | undefined;
  #rearmAfterMs = REARM_MIN_MS;
  #whyNot = "not connected yet";
  #logged: string | undefined;
  #closed = false;

  constructor(options: FeedOptions, listener: FeedListener) {
    this.#options = options;
    this.#listener = listener;
    this.#redis = connectRedis(options.url, { commandTimeout: PING_TIMEOUT_MS, socketTimeout: PING_TIMEOUT_MS });
    this.#redis.on("ready", () => void this.#arm());
    this.#redis.on("close", () => this.#disarm("the connection to redis is closed"));
  }

  /**
   * Grows each time that the feed is armed; 0 while its word does not hold. What was read from Redis may be remembered only if the
   * epoch was the same, and not 0, before the read was sent and after its answer came.
   */
  epoch(nowMs: number): number {
    return this.#mode !== undefined && nowMs - this.#provenAtMs <= MAX_UNPROVEN_MS ? this.#epoch : 0;
  }

  /** How long an entry may be remembered at the most. */
  get mode(): FeedMode | undefined {
    return this.#mode;
  }

  describe(): string {
    return this.#mode ?? `none (${this.#whyNot})`;
  }

  close(): void {
    this.#closed = true;
    this.#disarm("closed");
    clearTimeout(this.#rearm);
    this.#redis.disconnect();
  }

  async #arm(): Promise<void> {
    clearTimeout(this.#rearm);
    try {
      const probedAtMs = this.#options.clock.monotonicMs();
      const mode = await subscribeToChanges({
        redis: this.#redis,
        prefix: this.#options.prefix,
        onChange: (key) => this.#changed(key),
        probe: () => this.#probe(),
      });
      if (this.#closed || this.#redis.status !== "ready") return;
      this.#listener.flush();
      this.#mode = mode;
      this.#epoch++;
      this.#provenAtMs = probedAtMs;
      this.#rearmAfterMs = REARM_MIN_MS;
      this.#watch();
    } catch (error) {
      this.#disarm(describeError(error));
      this.#retryLater();
    }
    this.#logMode();
  }

  #changed(key: string | undefined): void {
    if (key === undefined) return this.#listener.flush();
    if (key === this.#awaitedProbe?.key) this.#awaitedProbe.seen();
    else this.#listener.changed(key);
  }

  /** Proves that Redis reports: resolves once it did. */
  async #probe(): Promise<void> {
    const key = `${this.#options.prefix}figway-probe:${this.#options.randomId()}`;
    const seen = new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error("redis did not report a change")), PROBE_TIMEOUT_MS);
      this.#awaitedProbe = {
        key,
        seen: () => {
          clearTimeout(timer);
          resolve();
        },
      };
    });
    try {
      await Promise.all([this.#options.reportChangeOf(key), seen]);
    } finally {
      this.#awaitedProbe = undefined;
    }
  }

  #watch(): void {
    clearTimeout(this.#watchdog);
    this.#watchdog = setTimeout(() => void this.#ping(), PING_INTERVAL_MS);
    this.#watchdog.unref();
  }

  async #ping(): Promise<void> {
    const sentAtMs = this.#options.clock.monotonicMs();
    try {
      await this.#redis.ping();
      if (this.#mode === undefined) return;
      this.#provenAtMs = sentAtMs;
      this.#watch();
    } catch (error) {
      this.#disarm(describeError(error));
      // A half-open connection says nothing of its end: it is cut by its socket time-out, and "close" follows.
      if (this.#redis.status === "ready") this.#retryLater();
    }
  }

  #disarm(whyNot: string): void {
    clearTimeout(this.#watchdog);
    this.#whyNot = whyNot;
    if (this.#mode === undefined) return;
    this.#mode = undefined;
    this.#listener.flush();
    if (!this.#closed) this.#logMode();
  }

  #retryLater(): void {
    if (this.#closed) return;
    clearTimeout(this.#rearm);
    this.#rearm = setTimeout(() => {
      // A fresh connection: this one may be half way into a subscription.
      if (this.#redis.status === "ready") this.#redis.disconnect(true);
    }, this.#rearmAfterMs);
    this.#rearm.unref();
    this.#rearmAfterMs = Math.min(this.#rearmAfterMs * 2, REARM_MAX_MS);
  }

  #logMode(): void {
    const mode = this.#mode ?? "none";
    if (this.#logged === mode) return;
    this.#logged = mode;
    if (this.#mode !== undefined)
      this.#options.log.info("sessions are kept in memory while redis reports changes", { mode });
    else this.#options.log.warn("every session is read from redis: it reports no changes", { cause: this.#whyNot });
  }
}

export interface FeedOptions {
  readonly url: string;
  readonly prefix: string;
  readonly clock: IdentityDeps["clock"];
  readonly log: IdentityDeps["log"];
  /** Makes Redis report a change of this key, over another connection. */
  readonly reportChangeOf: (key: string) => Promise<void>;
  readonly randomId: () => string;
}
