import type { InboundTimeouts } from "../../config/schema/listen.ts";
import type { RequestFacts } from "../request-facts.ts";

/**
 * What must come of a body within each `bodyIdleTimeoutMs`: a client that dribbles octet by octet holds a connection to the
 * upstream for as long as it likes, and costs it nothing.
 */
const MIN_BODY_BYTES = 256;

/** What is looked at each time. */
export interface BodyProgress {
  /** `blocked`: its client could not send on if it wanted to. */
  readonly request: { readonly facts: RequestFacts; readonly blocked: boolean };
  /** `continued`: it was told to send its body. */
  readonly client: { readonly started: boolean; readonly sent: boolean; readonly continued: boolean };
  /** Octets that have come so far: over HTTP/1 on the connection, over HTTP/2 on the stream. */
  readonly bytesRead: number;
  /** By `performance.now()`, as all times here. */
  readonly nowMs: number;
}

/** How fast bodies come, one after the other; looked at every second or more often. */
export class BodyPace {
  readonly #timeouts: InboundTimeouts;
  /** -1: not yet looked at during this request. */
  #bytesSeen = -1;
  #seenAtMs = 0;
  #sinceMs = 0;

  constructor(timeouts: InboundTimeouts) {
    this.#timeouts = timeouts;
  }

  /** The head of a request with a body has come. */
  begin(nowMs: number): void {
    this.#bytesSeen = -1;
    this.#sinceMs = nowMs;
  }

  /** Whether the rest does not come although it could, or all of it takes too long. */
  isTooSlow({ request, client, bytesRead, nowMs }: BodyProgress): boolean {
    const { requestTimeoutMs, bodyIdleTimeoutMs } = this.#timeouts;
    if (requestTimeoutMs > 0 && nowMs - this.#sinceMs >= requestTimeoutMs) return true;
    const came = bytesRead - this.#bytesSeen;
    const waitsForContinue = request.facts.framing.expectsContinue && !client.continued && came === 0;
    // While the answer is under way, both sides may be in a dialogue: then the least sign of life will do.
    const enough = client.started && !client.sent ? 1 : MIN_BODY_BYTES;
    if (this.#bytesSeen === -1 || waitsForContinue || request.blocked || came >= enough) {
      this.#bytesSeen = bytesRead;
      this.#seenAtMs = nowMs;
      return false;
    }
    return nowMs - this.#seenAtMs >= bodyIdleTimeoutMs;
  }
}
