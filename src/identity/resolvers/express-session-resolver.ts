import { randomBytes } from "node:crypto";
import type { ExpressSessionConfig } from "../../config/schema/identity.ts";
import type {
  Identity,
  IdentityResolver,
  LegacyAnswer,
  Resolution,
  ResolveRequest,
  SessionLife,
} from "../../model/identity.ts";
import { cookieValues } from "../cookies/cookie-values.ts";
import type { IdentityDeps } from "../identity-deps.ts";
import { InvalidationFeed } from "../redis/invalidation-feed.ts";
import { RedisSessionStore } from "../redis/session-store.ts";
import { EndedSessions } from "../session/ended-sessions.ts";
import { SessionNames } from "../session/session-names.ts";
import { SessionReader } from "../session/session-reader.ts";
import type { SessionName, SessionRecord } from "../session/session-record.ts";
import { renewedCookie } from "../session/renewed-cookie.ts";
import { touchIfDue } from "../session/touch-if-due.ts";
import { SessionWatches } from "../session/session-watches.ts";

const NOT_MINE: Resolution = { kind: "not-mine" };
const BAD_SIGNATURE: Identity = { kind: "anonymous", reason: "bad-signature", sessionHandle: undefined };
const CONFLICTING: Identity = { kind: "refused", reason: "conflicting-sessions" };

/** The most cookies of the session's name whose signatures are checked: browsers send one, or one per path and domain. */
const MAX_DUPLICATES = 8;
/** How often the sessions of open connections are read while Redis reports no changes, in milliseconds. */
const WATCH_INTERVAL_MS = 400;

export interface ExpressSessionOptions extends IdentityDeps {
  readonly config: ExpressSessionConfig;
}

/** Reads the sessions of express-session 1.x in connect-redis 3 to 10, as they do (FACTS §4). */
export function createExpressSessionResolver(
  options: ExpressSessionOptions,
): IdentityResolver & { sessions: SessionLife } {
  return new ExpressSessionResolver(options);
}

class ExpressSessionResolver implements IdentityResolver, SessionLife {
  readonly credentialCookies: readonly string[];
  readonly sessions: SessionLife = this;
  readonly #config: ExpressSessionConfig;
  readonly #deps: IdentityDeps;
  readonly #names: SessionNames;
  readonly #store: RedisSessionStore;
  readonly #feed: InvalidationFeed | undefined;
  readonly #ended: EndedSessions;
  readonly #reader: SessionReader;
  readonly #watches: SessionWatches;

  constructor(options: ExpressSessionOptions) {
    const { config } = options;
    this.credentialCookies = [config.cookie];
    this.#config = config;
    this.#deps = options;
    this.#names = new SessionNames({ ...config, handleKey: options.handleKey, max: config.maxSessions });
    this.#store = new RedisSessionStore({ url: config.store, ...config, log: options.log });
    this.#feed = config.cache ? this.#openFeed() : undefined;
    this.#ended = new EndedSessions(config.logoutGuardSeconds * 1_000);
    this.#reader = new SessionReader({
      store: this.#store,
      feed: this.#feed,
      ended: this.#ended,
      user: config,
      defaultLifeMs: config.ttlSeconds * 1_000,
      maxSessions: config.maxSessions,
      clock: options.clock,
      metrics: options.metrics,
    });
    this.#watches = new SessionWatches({
      read: (record) => this.#reader.read(record),
      isReported: () => this.#feed !== undefined && this.#feed.epoch(options.clock.monotonicMs()) !== 0,
      nowMs: () => options.clock.monotonicMs(),
      intervalMs: WATCH_INTERVAL_MS,
    });
  }

  resolve(request: ResolveRequest): Resolution | Promise<Resolution> {
    const named = this.#nameIn(request);
    if ("kind" in named) return named;
    const { clock, metrics } = this.#deps;
    const nowMs = clock.monotonicMs();
    const record = this.#reader.record(named);
    const remembered = this.#reader.remembered(record, nowMs);
    if (remembered === undefined) return this.#reader.read(record);
    metrics.cacheHit();
    return remembered;
  }

  keepAlive(identity: Identity): void {
    if (!this.#config.touch || (identity.kind !== "user" && identity.kind !== "anonymous")) return;
    if (identity.sessionHandle === undefined) return;
    const record = this.#recordOf(this.#names.withHandle(identity.sessionHandle));
    const nowMs = this.#deps.clock.monotonicMs();
    if (record === undefined || this.#ended.has(identity.sessionHandle, nowMs)) return;
    if (!touchIfDue(record, nowMs, (key, ttlSeconds) => this.#store.touch(key, ttlSeconds))) return;
    this.#deps.metrics.touched();
  }

  handleOf(request: ResolveRequest): string | undefined {
    const named = this.#nameIn(request);
    return "kind" in named ? undefined : named.handle;
  }

  legacyAnswer(request: ResolveRequest): LegacyAnswer | undefined {
    let named: SessionName | Resolution | undefined;
    const answered = (): SessionRecord | undefined => {
      // Where no session was ever read, as with every flag off, there is none to forget.
      if (this.#reader.isEmpty) return undefined;
      named ??= this.#nameIn(request);
      return "kind" in named ? undefined : this.#legacyAnswered(named);
    };
    return {
      began: () => void answered(),
      ended: () => {
        const endedForUser = answered();
        if (endedForUser !== undefined) void this.#buryIfGone(endedForUser);
      },
    };
  }

  renewedCookie(identity: Identity, scheme: "http" | "https"): string | undefined {
    if (!this.#config.rolling || (identity.kind !== "user" && identity.kind !== "anonymous")) return undefined;
    if (identity.sessionHandle === undefined || this.hasEnded(identity.sessionHandle)) return undefined;
    const record = this.#recordOf(this.#names.withHandle(identity.sessionHandle));
    if (record?.cookie === undefined) return undefined;
    const { cookie: name, secrets } = this.#config;
    const nowMs = this.#deps.clock.nowMs();
    return renewedCookie(record.cookie, { name, id: record.name.id, secret: secrets[0] as string, scheme, nowMs });
  }

  hasEnded(handle: string): boolean {
    return this.#ended.has(handle, this.#deps.clock.monotonicMs());
  }

  watch(identity: Identity, ended: (now: Identity) => void): () => void {
    const name = identity.kind === "user" ? this.#names.withHandle(identity.sessionHandle) : undefined;
    if (identity.kind !== "user" || name === undefined) return () => undefined;
    return this.#watches.add(this.#reader.record(name), identity, ended);
  }

  health(): { ok: boolean; detail: string } {
    const store = this.#store.health();
    const feed = this.#feed === undefined ? "off" : this.#feed.describe();
    return { ok: store.ok, detail: `${store.detail}; changes reported by: ${feed}` };
  }

  async close(): Promise<void> {
    this.#watches.close();
    this.#feed?.close();
    this.#store.close();
  }

  /** The session that the request's cookies name, or the answer where they name none. */
  #nameIn(request: ResolveRequest): SessionName | Resolution {
    const { cookieFields } = request;
    // Several fields reach express joined so (Node.js http, `IncomingMessage.headers`).
    const header = cookieFields.length === 1 ? (cookieFields[0] as string) : cookieFields.join("; ");
    const values = cookieValues(header, this.#config.cookie);
    const first = values[0];
    if (first === undefined) return NOT_MINE;
    const name = this.#names.named(first);
    if (values.length > 1 && this.#contradict(values)) {
      this.#deps.metrics.conflictingCookies();
      if (this.#config.duplicates === "refuse") return CONFLICTING;
    }
    if (name !== undefined) return name;
    this.#deps.metrics.badSignature();
    return BAD_SIGNATURE;
  }

  #contradict(values: readonly string[]): boolean {
    if (values.length > MAX_DUPLICATES) return true;
    const ids = new Set(values.map((value) => this.#names.named(value)?.id));
    ids.delete(undefined);
    return ids.size > 1;
  }

  #recordOf(name: SessionName | undefined): SessionRecord | undefined {
    return name === undefined ? undefined : this.#reader.known(name);
  }

  /** Nothing that was remembered of the session holds any more. Returns its record where it was a user's. */
  #legacyAnswered(name: SessionName): SessionRecord | undefined {
    const record = this.#recordOf(name);
    if (record === undefined) return undefined;
    const wasUser = record.userUntilMs !== undefined && this.#deps.clock.monotonicMs() < record.userUntilMs;
    record.forget();
    record.forgetCookie();
    this.#watches.changed(record.name.id);
    return wasUser ? record : undefined;
  }

  /** A session of a user that is gone after legacy's answer was ended by it: it stays so, even if a slower request saves it again. */
  async #buryIfGone(record: SessionRecord): Promise<void> {
    const now = await this.#reader.read(record);
    if (now.kind !== "anonymous" || now.reason !== "no-session") return;
    this.#ended.add(record.name.handle, this.#deps.clock.monotonicMs());
    record.userUntilMs = undefined;
    record.forget();
    this.#watches.changed(record.name.id);
  }

  #openFeed(): InvalidationFeed {
    const config = this.#config;
    const { clock, log } = this.#deps;
    const randomId = () => randomBytes(12).toString("base64url");
    const reportChangeOf = (key: string) => this.#store.reportChangeOf(key);
    return new InvalidationFeed(
      { url: config.store, prefix: config.prefix, clock, log, reportChangeOf, randomId },
      {
        changed: (key) => {
          const id = key.slice(config.prefix.length);
          this.#reader.changed(id);
          this.#watches.changed(id);
        },
        flush: () => {
          this.#reader.flush();
          this.#watches.flush();
        },
      },
    );
  }
}
