import type { RawHeaders } from "./raw-headers.ts";
import type { Side } from "./side.ts";

/** What figway sends to an upstream: a new thing made from the inbound request, which is never changed. */
export interface Outbound {
  readonly side: Side;
  /** The upstream's name in routes.json. */
  readonly upstream: string;
  readonly method: string;
  /** The request target in origin form, byte for byte as it came (law 9), or rewritten where the route says so. */
  readonly target: string;
  /** End-to-end fields only, without framing: `Content-Length`, `Transfer-Encoding`, `Trailer`, `Expect` are the transport's. */
  readonly headers: RawHeaders;
  /** The one value among them that figway minted: it is made of base64url, and long, so nobody need look at its octets again. */
  readonly minted?: string | undefined;
  /** Turns the upstream's end-to-end answer fields into those that the client sees (cookie ownership, redirects, caching). */
  readonly translateAnswer: (status: number, headers: RawHeaders) => RawHeaders;
  /**
   * Whether the answer is kept back until it is complete, within bounds (64 KB, 2 s): a client that acts on its head alone would be
   * faster than what legacy still has to save. Asked once, with the upstream's own end-to-end fields.
   */
  readonly holdAnswer: ((status: number, headers: RawHeaders) => boolean) | undefined;
  /** Told once, when the last octet of a complete answer has come and before it goes on to the client. Never throws or waits. */
  readonly answerEnded: (() => void) | undefined;
  readonly limits: OutboundLimits;
}

export interface OutboundLimits {
  /** The most time from the end of the request head to the end of the answer, in milliseconds; undefined: no limit. */
  readonly totalTimeoutMs: number | undefined;
  /** The most octets of request body; more is answered with 413. undefined: no limit. */
  readonly maxBodyBytes: number | undefined;
}
