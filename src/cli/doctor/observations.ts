import type { FeedMode } from "../../identity/redis/subscribe-to-changes.ts";
import type { WhoamiAnswer } from "../../identity/whoami/whoami-endpoint.ts";
import type { SessionSight, StoredSession } from "./session-sight.ts";
import type { SetCookie } from "./set-cookie.ts";

/** All that was seen of legacy and its Redis; what it means is judged afterwards, from this alone. */
export interface Observations {
  /** Whose session is looked at: one that was logged in for this, a browser's, or nobody's. */
  readonly way: "login" | "cookie" | "no-login";
  /** What was typed in as the user's name, as far as that can be known. */
  readonly username: string | undefined;
  readonly anonymous: AnonymousVisit;
  readonly login: LoginSeen | undefined;
  /** The session of the logged-in user; undefined where there is no cookie to be seen. */
  readonly session: SessionSight | undefined;
  readonly visit: RepeatedVisit | undefined;
  readonly secondLogin: SecondLogin | undefined;
  readonly logout: LogoutSeen | undefined;
  /** Only where routes.json has legacy asked. */
  readonly whoami: WhoamiSeen | undefined;
  readonly changes: ChangesSeen | undefined;
  readonly redis: RedisSeen | undefined;
}

/** Somebody new looked at the home page and the login page. */
export interface AnonymousVisit {
  readonly session: SessionSight | undefined;
  /** The paths that were looked at. */
  readonly paths: readonly string[];
}

export interface LoginSeen {
  readonly path: string;
  readonly status: number;
  readonly location: string | undefined;
  /** `needed`: the session cookie came only when X-Forwarded-Proto said https. `in-vain`: not even then. */
  readonly forwardedProto: "not-needed" | "needed" | "in-vain";
  /** Names of the cookies that the answer set. */
  readonly setNames: readonly string[];
  /** The name of the session before, where the visitor had one. */
  readonly nameBefore: string | undefined;
  readonly payloadBefore: object | undefined;
  /** Whether the session named a user in Redis when the head of the answer was there; undefined: nobody looked. */
  readonly storedAtHead: boolean | undefined;
}

/** A page asked for with a session that was a moment old. */
export interface RepeatedVisit {
  readonly path: string;
  readonly status: number;
  readonly setAgain: SetCookie | undefined;
  readonly before: StoredSession | undefined;
  readonly after: StoredSession | undefined;
}

/** A login in a browser that has a session already: what a planted cookie would meet with. */
export interface SecondLogin {
  readonly keptName: boolean;
  /** Whether it was answered like the first, so that it surely was a login. */
  readonly isComparable: boolean;
}

export interface LogoutSeen {
  readonly method: "GET" | "POST";
  readonly path: string;
  readonly status: number;
  readonly before: StoredSession | undefined;
  readonly after: StoredSession | undefined;
  readonly cookie: "cleared" | "replaced" | "left";
}

export interface WhoamiSeen {
  readonly loggedIn: WhoamiAnswer;
  /** With the same cookies, after the logout. */
  readonly loggedOut: WhoamiAnswer | undefined;
}

export interface ChangesSeen {
  readonly mode: FeedMode | undefined;
  readonly refusal: string | undefined;
  /** Whether legacy's own writes were reported; undefined: there were none to be seen. */
  readonly reported: boolean | undefined;
}

export interface RedisSeen {
  readonly database: number;
  readonly skewMs: number;
  readonly keyspaceEvents: string | undefined;
}
