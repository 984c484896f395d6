import type { Identity, UserIdentity } from "../../model/identity.ts";
import type { SessionCookie } from "./renewed-cookie.ts";

/** What a rightly signed cookie names. */
export interface SessionName {
  readonly id: string;
  /** The key in the store. */
  readonly key: string;
  readonly handle: string;
}

/** A read that is under way. */
export interface SessionFlight {
  readonly identity: Promise<Identity>;
  /** Whether the command has not left yet: then the answer is newer than anybody who joins now. */
  unsent: boolean;
}

/** What is remembered of one session. Only a user is ever remembered, never "nobody" (TRAPS 5). */
export class SessionRecord {
  readonly name: SessionName;
  identity: UserIdentity | undefined;
  /** Until when the identity may be answered from memory, in monotonic milliseconds. */
  validUntilMs = 0;
  /** Grows with each sign of a change: what was read before it may not be remembered after it. */
  version = 0;
  flight: SessionFlight | undefined;
  following: Promise<Identity> | undefined;
  /** The attributes of the session's cookie, as read since legacy last answered; undefined: not known. */
  cookie: SessionCookie | undefined;
  /** Grows with each answer of legacy's that belongs to the session. */
  legacyAnswers = 0;
  /** The life that legacy would give the session again at each request, in milliseconds; undefined: it is never prolonged. */
  lifeMs: number | undefined;
  /** When the session had its whole life before it, as far as is known, in monotonic milliseconds. */
  renewedAtMs = 0;
  /** When the session of a user that was seen here would have ended by itself, in monotonic milliseconds; undefined: no user was seen. */
  userUntilMs: number | undefined;

  constructor(name: SessionName) {
    this.name = name;
  }

  /**
   * Legacy has answered, and may have given the browser another session: an answer of modern's that was asked for before may not give it
   * this one again.
   */
  forgetCookie(): void {
    this.legacyAnswers++;
    this.cookie = undefined;
  }

  /** The session may have changed: neither memory nor a read that is under way may answer whoever comes from now on. */
  forget(): void {
    this.version++;
    this.identity = undefined;
    this.flight = undefined;
    this.following = undefined;
  }
}
