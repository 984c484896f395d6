import type { Socket } from "node:net";
import type { RawHeaders } from "../model/raw-headers.ts";
import type { RequestFacts } from "./request-facts.ts";

/** Takes the body of a request, in order. */
export interface BodySink {
  /** A part of the body, lent for the call: who keeps octets copies them. */
  onData(bytes: Buffer): void;
  /** The body is whole; the trailers are known. */
  onEnd(): void;
}

/** What must end when its client's connection does. */
export interface ClientBound {
  onClientClosed(): void;
}

/** A request as the pipeline sees it, whatever protocol the client speaks. */
export interface ClientRequest {
  readonly method: string;
  /** The request target, byte for byte as it came (RFC 9112 §3.2). */
  readonly target: string;
  /** What the client speaks: `1.0`, `1.1` or `2.0`. */
  readonly httpVersion: string;
  /** Of the HTTP/1 message that the request is, or that it was turned into. */
  readonly httpVersionMinor: 0 | 1;
  /** Order, case and duplicates as they came. The same array may come again with the client's next request. */
  readonly rawHeaders: RawHeaders;
  /** Complete once the body is. */
  readonly rawTrailers: RawHeaders;
  readonly facts: RequestFacts;
  readonly socket: Socket;
  /** Whether all of it came. */
  readonly complete: boolean;
  /** Begins to hand over the body, or stops it where there is no sink; what came meanwhile is kept, within bounds. */
  readBody(sink: BodySink | undefined): void;
  /** Nothing more is read until `resume`. */
  pause(): void;
  resume(): void;
  /** What is left of the body is read and thrown away. */
  discardBody(): void;
  /** Who is told when the client goes; one at a time, for the length of an exchange. */
  watch(bound: ClientBound | undefined): void;
}
