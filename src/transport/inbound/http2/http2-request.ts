import type { ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { RawHeaders } from "../../../model/raw-headers.ts";
import type { BodySink, ClientBound, ClientRequest } from "../../client-request.ts";
import { type RequestFacts, readRequestFacts } from "../../request-facts.ts";
import { octetsOf } from "./request-fields.ts";

/** A request of an HTTP/2 stream as the HTTP/1.1 message that it means. */
export class Http2Request implements ClientRequest {
  readonly httpVersion = "2.0";
  readonly httpVersionMinor = 1;
  readonly method: string;
  readonly target: string;
  readonly rawHeaders: RawHeaders;
  readonly rawTrailers: string[] = [];
  readonly facts: RequestFacts;
  readonly socket: Socket;
  readonly stream: ServerHttp2Stream;
  /** Whether all of the body came. */
  complete: boolean;
  /** Of the body, as far as somebody took it. */
  receivedBytes = 0;
  #sink: BodySink | undefined;
  #reads = false;
  #bound: ClientBound | undefined;

  constructor(
    stream: ServerHttp2Stream,
    socket: Socket,
    head: { method: string; target: string; headers: RawHeaders },
    maxTrailerBytes: number,
  ) {
    this.stream = stream;
    this.socket = socket;
    this.method = head.method;
    this.target = head.target;
    this.rawHeaders = head.headers;
    this.facts = readRequestFacts(head.headers, 1);
    this.complete = stream.endAfterHeaders;
    stream.on("trailers", (_trailers, _flags, rawTrailers: readonly string[] = []) => {
      if (octetsOf(rawTrailers) > maxTrailerBytes) stream.destroy(new Error("the trailers are too large"));
      else this.rawTrailers.push(...rawTrailers);
    });
    stream.on("end", () => {
      // Node (26.10) ends a stream that was reset like one that is whole. Passed on, a broken upload would look complete.
      if (stream.closed) return;
      this.complete = true;
      this.#sink?.onEnd();
    });
    // A reset with NO_ERROR closes a stream only once its body was read; it is aborted at once.
    stream.on("aborted", () => this.abandon());
    stream.on("close", () => this.abandon());
  }

  /** Whether somebody takes the body as it comes. */
  get taken(): boolean {
    return this.#sink !== undefined;
  }

  /** Whether the client could not send on if it wanted to, or nobody would look. */
  get blocked(): boolean {
    return !this.#reads || this.stream.readableLength > 0 || this.stream.isPaused();
  }

  /** Whoever is at work on the request need not go on. */
  abandon(): void {
    this.#bound?.onClientClosed();
  }

  watch(bound: ClientBound | undefined): void {
    this.#bound = bound;
  }

  readBody(sink: BodySink | undefined): void {
    this.#sink = sink;
    if (this.#reads || sink === undefined) return;
    this.#reads = true;
    this.stream.on("data", this.#onData);
  }

  pause(): void {
    this.stream.pause();
  }

  resume(): void {
    this.stream.resume();
  }

  discardBody(): void {
    this.#sink = undefined;
    this.stream.off("data", this.#onData);
    this.stream.resume();
  }

  readonly #onData = (bytes: Buffer): void => {
    this.receivedBytes += bytes.length;
    this.#sink?.onData(bytes);
  };
}
