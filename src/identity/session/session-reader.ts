import { LRUCache } from "lru-cache";
import type { AnonymousIdentity, Identity, UserIdentity } from "../../model/identity.ts";
import type { IdentityDeps } from "../identity-deps.ts";
import type { InvalidationFeed } from "../redis/invalidation-feed.ts";
import type { RedisSessionStore, StoredSession } from "../redis/session-store.ts";
import type { FeedMode } from "../redis/subscribe-to-changes.ts";
import { decodeSession } from "./decode-session.ts";
import type { EndedSessions } from "./ended-sessions.ts";
import { compileUserReader, type UserLocation } from "./read-user.ts";
import { identityFingerprint } from "./session-handle.ts";
import { type SessionName, SessionRecord } from "./session-record.ts";
import { SharedReads } from "./shared-reads.ts";

/** How long a user is remembered at the most, whatever Redis reports, in milliseconds. Keyspace events do not report FLUSHALL. */
const MAX_REMEMBERED_MS: Record<FeedMode, number> = { tracking: 10_000, keyspace: 1_000 };

const NO_SESSION: AnonymousIdentity = { kind: "anonymous", reason: "no-session", sessionHandle: undefined };

/** Reads sessions, once for all who ask at the same time, and remembers users for as long as Redis reports every change. */
export class SessionReader {
  readonly #options: SessionReaderOptions;
  readonly #readUser: ReturnType<typeof compileUserReader>;
  readonly #records: LRUCache<string, SessionRecord>;
  readonly #reads: SharedReads;

  constructor(options: SessionReaderOptions) {
    this.#options = options;
    this.#readUser = compileUserReader(options.user);
    this.#records = new LRUCache({ max: options.maxSessions });
    this.#reads = new SharedReads({
      ask: (record) => this.#ask(record),
      mayJoin: () => this.#epoch(options.clock.monotonicMs()) !== 0,
    });
  }

  record(name: SessionName): SessionRecord {
    let record = this.#records.get(name.id);
    if (record === undefined) {
      record = new SessionRecord(name);
      this.#records.set(name.id, record);
    }
    return record;
  }

  /** Whether no session is known at all. */
  get isEmpty(): boolean {
    return this.#records.size === 0;
  }

  known(name: SessionName): SessionRecord | undefined {
    return this.#records.get(name.id);
  }

  /** The user from memory, where memory is as good as Redis. */
  remembered(record: SessionRecord, nowMs: number): UserIdentity | undefined {
    if (record.identity === undefined || nowMs >= record.validUntilMs) return undefined;
    return this.#epoch(nowMs) === 0 ? undefined : record.identity;
  }

  changed(sessionId: string): void {
    this.#records.peek(sessionId)?.forget();
  }

  /** Nothing that is remembered or under way may be used any more. */
  flush(): void {
    for (const record of this.#records.values()) record.forget();
  }

  read(record: SessionRecord): Promise<Identity> {
    return this.#reads.read(record);
  }

  async #ask(record: SessionRecord): Promise<Identity> {
    const { clock, store, metrics } = this.#options;
    const { version, legacyAnswers } = record;
    const sent = { nowMs: clock.nowMs(), monotonicMs: clock.monotonicMs(), legacyAnswers };
    const epoch = this.#epoch(sent.monotonicMs);
    const stored = await store.read(record.name.key);
    const identity = this.#identityOf(record, stored, sent);
    const doneMs = clock.monotonicMs();
    // A change reported meanwhile may be newer than what was read (TRAPS 9): then the answer is for those who waited for it alone.
    if (identity.kind === "user" && epoch !== 0 && epoch === this.#epoch(doneMs) && record.version === version) {
      this.#remember(record, identity, sent.monotonicMs);
    }
    metrics.read(identity.kind === "refused" ? "anonymous" : identity.kind, doneMs - sent.monotonicMs);
    return identity;
  }

  #identityOf(record: SessionRecord, stored: StoredSession, sent: SentAt): Identity {
    const { handle } = record.name;
    if (stored.kind === "unknown") return stored;
    if (stored.kind === "gone") return NO_SESSION;
    const session = decodeSession(stored.text);
    // Legacy answers 500 to such a session; whoever it is, it is not for figway to call him nobody.
    if (session.kind === "invalid") return { kind: "unknown", cause: session.cause };
    if (session.kind === "none") return NO_SESSION;
    if (this.#options.ended.has(handle, sent.monotonicMs)) {
      this.#options.metrics.resurrected();
      return { kind: "anonymous", reason: "logged-out", sessionHandle: handle };
    }
    if (record.legacyAnswers === sent.legacyAnswers) record.cookie = session.cookie;
    this.#noteLife(record, {
      remainingMs: stored.remainingMs,
      maxAgeMs: session.cookie.originalMaxAgeMs,
      atMs: sent.monotonicMs,
    });
    const user = this.#readUser(session.payload);
    if (user === "ambiguous") return { kind: "unknown", cause: "the user's id is a number beyond 2^53" };
    if (user === "nobody") return { kind: "anonymous", reason: "no-subject", sessionHandle: handle };
    record.userUntilMs = sent.monotonicMs + (stored.remainingMs ?? Number.POSITIVE_INFINITY);
    return {
      kind: "user",
      subject: user.subject,
      claims: user.claims,
      sessionHandle: handle,
      sessionEndsAtMs: stored.remainingMs === undefined ? undefined : sent.nowMs + stored.remainingMs,
      fingerprint: identityFingerprint(handle, user),
    };
  }

  #noteLife(
    record: SessionRecord,
    seen: { remainingMs: number | undefined; maxAgeMs: number | undefined; atMs: number },
  ): void {
    if (seen.remainingMs === undefined) {
      // A key without an end (disableTTL) would be given one by EXPIRE.
      record.lifeMs = undefined;
      return;
    }
    record.lifeMs = seen.maxAgeMs ?? this.#options.defaultLifeMs;
    record.renewedAtMs = seen.atMs - (record.lifeMs - seen.remainingMs);
  }

  #remember(record: SessionRecord, identity: UserIdentity, readAtMs: number): void {
    const mode = this.#options.feed?.mode;
    if (mode === undefined) return;
    record.identity = identity;
    record.validUntilMs = Math.min(readAtMs + MAX_REMEMBERED_MS[mode], record.userUntilMs ?? 0);
  }

  #epoch(nowMs: number): number {
    return this.#options.feed?.epoch(nowMs) ?? 0;
  }
}

interface SentAt {
  readonly nowMs: number;
  readonly monotonicMs: number;
  readonly legacyAnswers: number;
}

export interface SessionReaderOptions {
  readonly store: Pick<RedisSessionStore, "read">;
  /** undefined: nothing is remembered. */
  readonly feed: Pick<InvalidationFeed, "epoch" | "mode"> | undefined;
  readonly ended: EndedSessions;
  readonly user: UserLocation;
  /** What legacy's store gives a session without a max age, in milliseconds. */
  readonly defaultLifeMs: number;
  readonly maxSessions: number;
  readonly clock: IdentityDeps["clock"];
  readonly metrics: IdentityDeps["metrics"];
}
