import type { Identity, Resolution, SessionLife, UserIdentity } from "../model/identity.ts";
import { firstFieldValue, type RawHeaders } from "../model/raw-headers.ts";
import type { Side } from "../model/side.ts";
import type { Exchange } from "./exchange.ts";
import { resolveRequestOf } from "./resolve-identity.ts";
import type { EffectiveTarget } from "./screen-framing.ts";

/** RFC 6455 §7.4.2, the application's own range; after the status code that a new handshake would get. */
const SESSION_ENDED = 4401;
/** How often an open connection's session is asked for again while the store cannot be read. */
const ASK_AGAIN_MS = 500;

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
  plan: { effective: EffectiveTarget; identity: Identity; side: Side },
): SessionFollower {
  const { resolver } = exchange.snapshot;
  const { sessions } = resolver;
  const { side, identity } = plan;
  if (sessions === undefined) return FOLLOWS_NOTHING;
  const request = resolveRequestOf(exchange, plan.effective);
  if (request.cookieFields.length === 0) return FOLLOWS_NOTHING;
  // Legacy reads the session for itself, also where figway needs no identity. Asked for now: once the connection is open, the session
  // may have ended, and nobody could tell any more whose it was.
  const asLegacySees = side === "legacy" && isLongLived(exchange) && identity.kind !== "user" ? ask() : undefined;
  let unwatch: (() => void) | undefined;
  let released = false;
  return {
    answerBegan(headers) {
      if (side === "legacy") sessions.legacyAnswered(request, "began");
      // An event stream outlives the request that it authenticated with. A cut is all that HTTP has to end it early.
      if (isEventStream(headers)) void endWithSession(sessions, () => exchange.request.socket.destroy());
    },
    answerEnded() {
      if (side === "legacy") sessions.legacyAnswered(request, "ended");
    },
    tunnelOpened: (tunnel) => void endWithSession(sessions, () => tunnel.close(SESSION_ENDED, "session ended")),
    release() {
      released = true;
      unwatch?.();
    },
  };

  async function endWithSession(life: SessionLife, end: () => void): Promise<void> {
    const user = identity.kind === "user" ? identity : await userBehind();
    if (user !== undefined && !released) unwatch = life.watch(user, end);
  }

  async function userBehind(asked = asLegacySees ?? ask()): Promise<UserIdentity | undefined> {
    // Modern was told of nobody.
    if (side !== "legacy") return undefined;
    const known = await asked;
    if (known.kind !== "unknown" || released) return known.kind === "user" ? known : undefined;
    await new Promise((wake) => setTimeout(wake, ASK_AGAIN_MS).unref());
    return userBehind(ask());
  }

  async function ask(): Promise<Resolution> {
    return resolver.resolve(request);
  }
}

const FOLLOWS_NOTHING: SessionFollower = {
  answerBegan: () => undefined,
  answerEnded: () => undefined,
  tunnelOpened: () => undefined,
  release: () => undefined,
};

/** Whether the client asks for a WebSocket, or for events as `EventSource` does (WHATWG HTML §9.2.2). */
function isLongLived(exchange: Exchange): boolean {
  return (
    exchange.kind === "upgrade" || firstFieldValue(exchange.headers, "accept")?.includes("text/event-stream") === true
  );
}

function isEventStream(headers: RawHeaders): boolean {
  return firstFieldValue(headers, "content-type")?.toLowerCase().startsWith("text/event-stream") === true;
}
