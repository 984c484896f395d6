import type { SessionLife } from "../model/identity.ts";
import { firstFieldValue, type RawHeaders } from "../model/raw-headers.ts";
import type { Exchange } from "./exchange.ts";
import { resolveRequestOf } from "./resolve-identity.ts";
import type { EffectiveTarget } from "./screen-framing.ts";

/** RFC 6455 §7.4.2, the application's own range; after the status code that a new handshake would get. */
const SESSION_ENDED = 4401;

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
  effective: EffectiveTarget,
  side: "legacy" | "modern",
): SessionFollower {
  const { resolver } = exchange.snapshot;
  const { sessions } = resolver;
  if (sessions === undefined) return FOLLOWS_NOTHING;
  const request = resolveRequestOf(exchange, effective);
  if (request.cookieFields.length === 0) return FOLLOWS_NOTHING;
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

  /** Also where the decision needed no identity: a socket to legacy ends with its session as well. */
  async function endWithSession(life: SessionLife, end: () => void): Promise<void> {
    const identity = await resolver.resolve(request);
    if (identity.kind !== "user" || released) return;
    unwatch = life.watch(identity, end);
  }
}

const FOLLOWS_NOTHING: SessionFollower = {
  answerBegan: () => undefined,
  answerEnded: () => undefined,
  tunnelOpened: () => undefined,
  release: () => undefined,
};

function isEventStream(headers: RawHeaders): boolean {
  return firstFieldValue(headers, "content-type")?.startsWith("text/event-stream") === true;
}
