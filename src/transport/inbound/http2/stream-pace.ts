import type { InboundTimeouts } from "../../../config/schema/listen.ts";
import { BodyPace } from "../body-pace.ts";
import type { Http2Client } from "./http2-client.ts";
import type { Http2Request } from "./http2-request.ts";

/**
 * How one stream moves, looked at every second or more often. What its client does on other streams is no excuse: dribbling on
 * one would otherwise hold a hundred connections to the upstream.
 */
export class StreamPace {
  readonly #timeouts: InboundTimeouts;
  readonly #body: BodyPace;
  #unsentSeen = -1;
  #unsentSeenAtMs = 0;

  constructor(timeouts: InboundTimeouts) {
    this.#timeouts = timeouts;
    this.#body = new BodyPace(timeouts);
    this.#body.begin(performance.now());
  }

  /** Whether the rest of the body does not come although it could, or all of it takes too long. By `performance.now()`, as all times here. */
  bodyIsTooSlow(request: Http2Request, client: Http2Client, nowMs: number): boolean {
    return !request.complete && this.#body.isTooSlow({ request, client, bytesRead: request.receivedBytes, nowMs });
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
