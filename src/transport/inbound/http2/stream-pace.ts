import type { InboundTimeouts } from "../../../config/schema/listen.ts";
import type { Http2Client } from "./http2-client.ts";
import type { Http2Request } from "./http2-request.ts";

/**
 * What must come of a body within each `bodyIdleTimeoutMs`: a client that dribbles octet by octet holds a connection to the
 * upstream for as long as it likes, and costs it nothing.
 */
const MIN_BODY_BYTES = 256;

/**
 * How one stream moves, looked at every second or more often. What its client does on other streams is no excuse: dribbling on
 * one would otherwise hold a hundred connections to the upstream.
 */
export class StreamPace {
  readonly #timeouts: InboundTimeouts;
  readonly #beganMs = performance.now();
  /** -1: not yet looked at. */
  #bytesSeen = -1;
  #bytesSeenAtMs = 0;
  #unsentSeen = -1;
  #unsentSeenAtMs = 0;

  constructor(timeouts: InboundTimeouts) {
    this.#timeouts = timeouts;
  }

  /** Whether the rest of the body does not come although it could, or all of it takes too long. By `performance.now()`, as all times here. */
  bodyIsTooSlow(request: Http2Request, client: Http2Client, nowMs: number): boolean {
    if (request.complete) return false;
    const { requestTimeoutMs, bodyIdleTimeoutMs } = this.#timeouts;
    if (requestTimeoutMs > 0 && nowMs - this.#beganMs >= requestTimeoutMs) return true;
    const came = request.receivedBytes - this.#bytesSeen;
    const waitsForContinue = request.facts.framing.expectsContinue && !client.continued && came === 0;
    // While the answer is under way, both sides may be in a dialogue: then the least sign of life will do.
    const enough = client.started && !client.sent ? 1 : MIN_BODY_BYTES;
    if (this.#bytesSeen === -1 || waitsForContinue || request.blocked || came >= enough) {
      this.#bytesSeen = request.receivedBytes;
      this.#bytesSeenAtMs = nowMs;
      return false;
    }
    return nowMs - this.#bytesSeenAtMs >= bodyIdleTimeoutMs;
  }

  /**
   * Whether the client takes nothing of an answer that is written to its end. With a window of 0 that may last for ever, and nobody
   * else looks: over HTTP/1 an answer of figway's own is always small enough for the system to take.
   */
  answerIsStuck(client: Http2Client, nowMs: number): boolean {
    const { unsentBytes } = client;
    if (!client.ended || client.sent || unsentBytes !== this.#unsentSeen) {
      this.#unsentSeen = unsentBytes;
      this.#unsentSeenAtMs = nowMs;
      return false;
    }
    return nowMs - this.#unsentSeenAtMs >= this.#timeouts.keepAliveTimeoutMs;
  }
}
