import type {
  Identity,
  LegacyAnswer,
  Resolution,
  ResolveRequest,
  SessionLife,
  UserIdentity,
} from "../model/identity.ts";
import { firstFieldValue, type RawHeaders } from "../model/raw-headers.ts";
import type { Side } from "../model/side.ts";
import type { Exchange } from "./exchange.ts";
import { resolveRequestOf } from "./resolve-identity.ts";
import type { EffectiveTarget } from "./screen-framing.ts";

/** RFC 6455 §7.4.2, the application's own range; after the status code that a new handshake would get. */
const SESSION_ENDED = 4401;
/** How often an open connection's session is asked for again while the store cannot be read. */
const ASK_AGAIN_MS = 500;

const EVENT_STREAM = "text/event-stream";

/** Follows the session of one exchange: legacy's answers may end it, and what is long-lived must end with it (TRAPS 6, 31). */
export interface SessionFollower {
  answerBegan(headers: RawHeaders): void;
  answerEnded(): void;
  tunnelOpened(tunnel: { close(code: number, reason: string): void }): void;
  /** The exchange is over. */
  release(): void;
}

export function followSession(
  exchange: Exchange,
  { effective, identity, side }: { effective: EffectiveTarget; identity: Identity; side: Side },
): SessionFollower {
  const { sessions } = exchange.snapshot.resolver;
  if (sessions === undefined) return FOLLOWS_NOTHING;
  // Modern was told of a user, or of nobody.
  if (side !== "legacy")
    return identity.kind === "user"
      ? new Follower({ exchange, sessions, identity, request: undefined })
      : FOLLOWS_NOTHING;
  const request = resolveRequestOf(exchange, effective);
  return request.cookieFields.length === 0 ? FOLLOWS_NOTHING : new Follower({ exchange, sessions, identity, request });
}

const FOLLOWS_NOTHING: SessionFollower = {
  answerBegan: () => undefined,
  answerEnded: () => undefined,
  tunnelOpened: () => undefined,
  release: () => undefined,
};

interface Followed {
  readonly exchange: Exchange;
  readonly sessions: SessionLife;
  readonly identity: Identity;
  /** What legacy sees of the user, also where figway needs no identity; undefined: modern answers. */
  readonly request: ResolveRequest | undefined;
}

class Follower implements SessionFollower {
  readonly #followed: Followed;
  readonly #asLegacySees: Promise<Resolution> | undefined;
  #answer: LegacyAnswer | undefined;
  #unwatch: (() => void) | undefined;
  #released = false;

  constructor(followed: Followed) {
    const { exchange, identity, request } = followed;
    this.#followed = followed;
    // Asked for now: once the connection is open, the session may have ended, and nobody could tell any more whose it was.
    const mayOutlive = request !== undefined && identity.kind !== "user" && isLongLived(exchange);
    this.#asLegacySees = mayOutlive ? this.#ask(request) : undefined;
  }

  answerBegan(headers: RawHeaders): void {
    const { exchange, sessions, request } = this.#followed;
    if (request !== undefined) this.#answer = sessions.legacyAnswer(request);
    this.#answer?.began();
    // An event stream outlives the request that it authenticated with. A cut is all that HTTP has to end it early.
    if (isEventStream(headers)) this.#endWithSession(() => exchange.request.socket.destroy());
  }

  answerEnded(): void {
    this.#answer?.ended();
  }

  tunnelOpened(tunnel: { close(code: number, reason: string): void }): void {
    this.#endWithSession(() => tunnel.close(SESSION_ENDED, "session ended"));
  }

  release(): void {
    this.#released = true;
    this.#unwatch?.();
  }

  #endWithSession(end: () => void): void {
    const { identity, request } = this.#followed;
    if (identity.kind === "user") this.#watch(identity, end);
    else if (request !== undefined)
      void this.#endWithUserBehind(request, end, this.#asLegacySees ?? this.#ask(request));
  }

  async #endWithUserBehind(request: ResolveRequest, end: () => void, asked: Promise<Resolution>): Promise<void> {
    let known = await asked;
    let wasUnknown = false;
    while (known.kind === "unknown" && !this.#released) {
      wasUnknown = true;
      await new Promise((wake) => setTimeout(wake, ASK_AGAIN_MS).unref());
      known = await this.#ask(request);
    }
    if (this.#released) return;
    if (known.kind === "user") this.#watch(known, end);
    // Nobody by now may have been somebody when the connection was opened: a visitor opens it again.
    else if (wasUnknown) end();
  }

  #watch(user: UserIdentity, end: () => void): void {
    if (!this.#released) this.#unwatch = this.#followed.sessions.watch(user, end);
  }

  async #ask(request: ResolveRequest): Promise<Resolution> {
    return this.#followed.exchange.snapshot.resolver.resolve(request);
  }
}

/** Whether the client asks for a WebSocket, or for events as `EventSource` does (WHATWG HTML §9.2.2). */
function isLongLived(exchange: Exchange): boolean {
  return (
    exchange.kind === "upgrade" || firstFieldValue(exchange.headers, "accept")?.includes("text/event-stream") === true
  );
}

function isEventStream(headers: RawHeaders): boolean {
  const type = firstFieldValue(headers, "content-type");
  return (
    type !== undefined &&
    type.length >= EVENT_STREAM.length &&
    type.slice(0, EVENT_STREAM.length).toLowerCase() === EVENT_STREAM
  );
}
