import type { JsonObject } from "./json.ts";

/** Who the user is, as far as the legacy session tells. "Nobody" and "cannot tell" are different answers (law 1). */
export type Identity = UserIdentity | AnonymousIdentity | RefusedIdentity | UnknownIdentity;

export interface UserIdentity {
  readonly kind: "user";
  /** The user's id: `sub` of the minted token, `userId` of the flag context. */
  readonly subject: string;
  /** The allow-listed claims, and nothing else of the session. */
  readonly claims: JsonObject;
  /** A keyed hash of the session id: the `sid` claim, and the name of the session in logs. Never the raw id. */
  readonly sessionHandle: string;
  /** When the session itself ends, in epoch milliseconds; undefined when the store knows no end. No token outlives it. */
  readonly sessionEndsAtMs: number | undefined;
  /**
   * Changes whenever anything changes that a token made from this identity would state: session, subject, claims. It does not
   * change when only the session's end moves. Equal fingerprints may share a token (TRAPS 5).
   */
  readonly fingerprint: string;
}

export interface AnonymousIdentity {
  readonly kind: "anonymous";
  /** Why nobody is logged in; for the log and for `explain`. */
  readonly reason:
    | "no-cookie"
    | "bad-signature"
    | "no-session"
    | "no-subject"
    | "logged-out"
    | "not-needed"
    | "no-resolver";
  /** The keyed hash of the session, where there is one without a user in it. */
  readonly sessionHandle: string | undefined;
}

/** The credentials contradict each other, or are of a kind that the configuration rejects. Answered with 401. */
export interface RefusedIdentity {
  readonly kind: "refused";
  readonly reason: "conflicting-sessions" | "conflicting-credentials";
}

/** The session store could not be read. Neither a user nor anonymous: legacy serves, or 503 (law 1). */
export interface UnknownIdentity {
  readonly kind: "unknown";
  /** One line for the operator: what could not be read, and why. Never shown to a client. */
  readonly cause: string;
}

/** What an identity resolver sees of a request. */
export interface ResolveRequest {
  /** The values of the `Cookie` fields, in order, unparsed. */
  readonly cookieFields: readonly string[];
  /** `http` or `https`, as the client (or a trusted proxy) spoke it. */
  readonly scheme: "http" | "https";
  readonly host: string;
  /** The client's address after trusted proxies were taken off. */
  readonly clientAddress: string;
}

/** One resolver's answer; `not-mine` asks the next one. */
export type Resolution = Identity | { readonly kind: "not-mine" };

/**
 * Turns the credentials of one kind of legacy application into an identity. Implementations never throw and never reject:
 * whatever cannot be read is `unknown`. All of them pass test/contracts/identity-resolver.contract.ts.
 */
export interface IdentityResolver {
  /** The cookie names that carry the credentials. Modern never sees them (law 3). */
  readonly credentialCookies: readonly string[];
  /** Synchronous where the answer is in memory, so that a warm request costs no turn of the event loop. */
  resolve(request: ResolveRequest): Resolution | Promise<Resolution>;
  /**
   * Tells the session store that the user is active, as legacy would have (TRAPS 3): throttled, EXPIRE only, never waits.
   * Called for answers that modern gave.
   */
  keepAlive(identity: Identity): void;
  /** Whether the resolver could read its store just now; for `/readyz` and `status`. */
  health(): { readonly ok: boolean; readonly detail: string };
  /** What the resolver knows of sessions beyond one request; undefined where it knows nothing. */
  readonly sessions?: SessionLife;
  close(): Promise<void>;
}

/**
 * The life of sessions across requests: what makes a logout take effect at once, and for good (TRAPS 6, 7, 11, 31). Nothing here
 * throws, waits, or takes part in an answer.
 */
export interface SessionLife {
  /** The handle of the session that the request's cookies name, without asking any store; undefined: they name none. */
  handleOf(request: ResolveRequest): string | undefined;
  /**
   * To be asked for every answer of legacy's, and told of its progress: whoever asks for the session afterwards learns what the store
   * holds then, whatever was remembered. undefined: the request's cookies name no session.
   */
  legacyAnswer(request: ResolveRequest): LegacyAnswer | undefined;
  /** Whether the session's logout was observed: it is nobody's, and an answer that belongs to it may not set its cookie again (TRAPS 7). */
  hasEnded(handle: string): boolean;
  /**
   * The Set-Cookie that legacy would send with an answer to this session, where it renews its cookie with every answer; undefined where
   * it would not. For answers of modern's.
   */
  renewedCookie?(identity: Identity, scheme: "http" | "https"): string | undefined;
  /**
   * Calls `ended` once, when the session of this user is gone, or is another's or nobody's; within a second, whatever the store
   * reports. Returns what ends the watch. For connections that outlive their request.
   */
  watch(identity: Identity, ended: (now: Identity) => void): () => void;
}

/** An answer of legacy's that belongs to a session, and may change or end it. Nothing here throws or waits. */
export interface LegacyAnswer {
  /** Its head has come, and no byte of it has gone to the client. */
  began(): void;
  /**
   * Its last byte has come, and has not gone to the client. A user's session that is gone by now is an observed logout:
   * `SessionLife.hasEnded` is true for it for a while.
   */
  ended(): void;
}
