import { LRUCache } from "lru-cache";
import type { WhoamiConfig } from "../../config/schema/identity.ts";
import type {
  Identity,
  IdentityResolver,
  LegacyAnswer,
  Resolution,
  ResolveRequest,
  SessionLife,
} from "../../model/identity.ts";
import { pickCookies } from "../cookies/pick-cookies.ts";
import type { IdentityDeps } from "../identity-deps.ts";
import { compileJsonPointer } from "../session/json-pointer.ts";
import { compileUserReader } from "../session/read-user.ts";
import { identityFingerprint, sessionHandle } from "../session/session-handle.ts";
import { SessionRecord } from "../session/session-record.ts";
import { SessionWatches } from "../session/session-watches.ts";
import { SharedReads } from "../session/shared-reads.ts";
import { WhoamiEndpoint, type WhoamiQuestion } from "../whoami/whoami-endpoint.ts";
import { FailureBreaker } from "../whoami/failure-breaker.ts";
import { sessionEndMs } from "../whoami/session-end.ts";

const NOT_MINE: Resolution = { kind: "not-mine" };
/** How often the sessions of open connections are asked for, where no answer of legacy gives a reason to, in milliseconds. */
const WATCH_INTERVAL_MS = 10_000;

export interface WhoamiOptions extends IdentityDeps {
  readonly config: WhoamiConfig;
}

/** Asks legacy itself who a cookie belongs to: for any stack, at the price of a request to legacy. */
export function createWhoamiResolver(options: WhoamiOptions): IdentityResolver & { sessions: SessionLife } {
  return new WhoamiResolver(options);
}

class WhoamiResolver implements IdentityResolver, SessionLife {
  readonly credentialCookies: readonly string[];
  readonly sessions: SessionLife = this;
  readonly #config: WhoamiConfig;
  readonly #deps: IdentityDeps;
  readonly #names: ReadonlySet<string>;
  readonly #readUser: ReturnType<typeof compileUserReader>;
  readonly #readEnd: (document: unknown) => unknown;
  readonly #endpoint: WhoamiEndpoint;
  readonly #breaker: FailureBreaker;
  readonly #questions: LRUCache<string, { question: WhoamiQuestion; record: SessionRecord }>;
  readonly #byHandle: LRUCache<string, SessionRecord>;
  readonly #reads: SharedReads;
  readonly #watches: SessionWatches;
  #lastFailure: string | undefined;

  constructor(options: WhoamiOptions) {
    const { config, clock } = options;
    this.credentialCookies = config.cookies;
    this.#config = config;
    this.#deps = options;
    this.#names = new Set(config.cookies);
    this.#readUser = compileUserReader(config);
    this.#readEnd = config.sessionEnd === undefined ? () => undefined : compileJsonPointer(config.sessionEnd);
    this.#endpoint = new WhoamiEndpoint(config);
    this.#breaker = new FailureBreaker({ failuresToOpen: config.failuresToPause, pauseMs: config.pauseMs });
    this.#questions = new LRUCache({ max: config.maxSessions });
    this.#byHandle = new LRUCache({ max: config.maxSessions });
    this.#reads = new SharedReads({ ask: (record) => this.#ask(record), mayJoin: () => false });
    this.#watches = new SessionWatches({
      read: (record) => this.#reads.read(record),
      isReported: () => false,
      nowMs: () => clock.monotonicMs(),
      intervalMs: WATCH_INTERVAL_MS,
    });
  }

  resolve(request: ResolveRequest): Resolution | Promise<Resolution> {
    const record = this.#recordFor(request);
    if (record === undefined) return NOT_MINE;
    if (record.identity !== undefined && this.#deps.clock.monotonicMs() < record.validUntilMs) {
      this.#deps.metrics.cacheHit();
      return record.identity;
    }
    return this.#reads.read(record);
  }

  /** The question itself was a request of the user's: legacy has prolonged the session. */
  keepAlive(): void {}

  handleOf(request: ResolveRequest): string | undefined {
    const cookie = pickCookies(request.cookieFields, this.#names);
    return cookie === undefined ? undefined : sessionHandle(cookie, this.#deps.handleKey);
  }

  legacyAnswer(request: ResolveRequest): LegacyAnswer | undefined {
    const cookie = pickCookies(request.cookieFields, this.#names);
    if (cookie === undefined) return undefined;
    const key = keyOf(request, cookie);
    const forget = () => this.#forget(this.#questions.peek(key)?.record);
    return { began: forget, ended: forget };
  }

  /** Never: with many stacks a session lives on under the same cookie, and the user may log in to it again. */
  hasEnded(): boolean {
    return false;
  }

  watch(identity: Identity, ended: (now: Identity) => void): () => void {
    const record = identity.kind === "user" ? this.#byHandle.get(identity.sessionHandle) : undefined;
    if (identity.kind !== "user" || record === undefined) return () => undefined;
    return this.#watches.add(record, identity, ended);
  }

  health(): { ok: boolean; detail: string } {
    const isOpen = this.#breaker.isOpen(this.#deps.clock.monotonicMs());
    return isOpen
      ? { ok: false, detail: `whoami is not asked for a moment: ${this.#lastFailure ?? "it failed"}` }
      : { ok: true, detail: "whoami is asked" };
  }

  async close(): Promise<void> {
    this.#watches.close();
    await this.#endpoint.close();
  }

  #forget(record: SessionRecord | undefined): void {
    if (record === undefined) return;
    record.forget();
    this.#watches.changed(record.name.id);
  }

  #recordFor(request: ResolveRequest): SessionRecord | undefined {
    const cookie = pickCookies(request.cookieFields, this.#names);
    if (cookie === undefined) return undefined;
    const key = keyOf(request, cookie);
    const known = this.#questions.get(key);
    if (known !== undefined) return known.record;
    const { scheme, host, clientAddress } = request;
    const record = new SessionRecord({ id: key, key, handle: sessionHandle(cookie, this.#deps.handleKey) });
    this.#questions.set(key, { question: { cookie, scheme, host, clientAddress }, record });
    this.#byHandle.set(record.name.handle, record);
    return record;
  }

  async #ask(record: SessionRecord): Promise<Identity> {
    const { clock, metrics } = this.#deps;
    const startedAtMs = clock.monotonicMs();
    const { version } = record;
    const identity = await this.#askEndpoint(record, startedAtMs);
    if (identity.kind === "user" && record.version === version) this.#remember(record, identity, startedAtMs);
    metrics.read(identity.kind === "refused" ? "anonymous" : identity.kind, clock.monotonicMs() - startedAtMs);
    return identity;
  }

  async #askEndpoint(record: SessionRecord, startedAtMs: number): Promise<Identity> {
    const question = this.#questions.peek(record.name.key)?.question;
    if (question === undefined) return { kind: "unknown", cause: "too many sessions at once" };
    if (!this.#breaker.admits(startedAtMs)) {
      return { kind: "unknown", cause: `whoami is not asked for a moment: ${this.#lastFailure ?? "it failed"}` };
    }
    const answer = await this.#endpoint.ask(question);
    if (answer.kind === "no-answer") {
      this.#failed(answer.cause);
      return { kind: "unknown", cause: answer.cause };
    }
    this.#succeeded();
    if (answer.kind === "not-understood") return { kind: "unknown", cause: answer.cause };
    return answer.kind === "nobody" ? nobody() : this.#identityIn(answer.document, record.name.handle);
  }

  #identityIn(document: unknown, handle: string): Identity {
    const user = this.#readUser(document);
    if (user === "ambiguous") return { kind: "unknown", cause: "the user's id is a number beyond 2^53" };
    if (user === "nobody") return { kind: "anonymous", reason: "no-subject", sessionHandle: handle };
    const sessionEndsAtMs = sessionEndMs(this.#readEnd(document));
    if (sessionEndsAtMs !== undefined && sessionEndsAtMs <= this.#deps.clock.nowMs()) return nobody();
    const fingerprint = identityFingerprint(handle, user);
    return { kind: "user", ...user, sessionHandle: handle, sessionEndsAtMs, fingerprint };
  }

  #remember(record: SessionRecord, identity: Extract<Identity, { kind: "user" }>, askedAtMs: number): void {
    const { clock } = this.#deps;
    const leftMs = (identity.sessionEndsAtMs ?? Number.POSITIVE_INFINITY) - clock.nowMs();
    record.userUntilMs = clock.monotonicMs() + leftMs;
    if (this.#config.cacheMs === 0) return;
    record.identity = identity;
    record.validUntilMs = Math.min(askedAtMs + this.#config.cacheMs, record.userUntilMs);
  }

  #succeeded(): void {
    this.#breaker.succeeded();
    if (this.#lastFailure !== undefined) this.#deps.log.info("the whoami endpoint answers again");
    this.#lastFailure = undefined;
  }

  #failed(cause: string): void {
    this.#breaker.failed(this.#deps.clock.monotonicMs());
    if (this.#lastFailure === undefined) this.#deps.log.warn("the whoami endpoint cannot be asked", { cause });
    this.#lastFailure = cause;
  }
}

function nobody(): Identity {
  return { kind: "anonymous", reason: "no-session", sessionHandle: undefined };
}

/** Everything that the answer depends on: an application may serve several hosts, each with users of its own. */
function keyOf(request: ResolveRequest, cookie: string): string {
  return `${request.scheme} ${request.host} ${request.clientAddress} ${cookie}`;
}
