import type { Socket } from "node:net";
import type { RawHeaders } from "../../../model/raw-headers.ts";
import type { BodySink, ClientBound, ClientRequest } from "../../client-request.ts";
import type { RequestFacts } from "../../request-facts.ts";
import { hasBody } from "../../request-framing.ts";
import type { RequestLine } from "./request-line.ts";

/** What a request asks of its connection. */
export interface ReadingControl {
  readonly socket: Socket;
  holdReading(): void;
  readOn(): void;
}

/** What is kept of a body that nobody takes yet. */
const MAX_WAITING_BYTES = 65_536;
const NO_TRAILERS: RawHeaders = [];

/** A request that came over HTTP/1. Its connection pushes the body into it. */
export class Http1Request implements ClientRequest {
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  readonly httpVersionMinor: 0 | 1;
  readonly rawHeaders: RawHeaders;
  readonly facts: RequestFacts;
  rawTrailers: RawHeaders = NO_TRAILERS;
  complete: boolean;
  bound: ClientBound | undefined;
  readonly #reading: ReadingControl;
  #sink: BodySink | undefined;
  #waiting: Buffer[] | undefined;
  #waitingBytes = 0;
  #paused = false;
  #discards = false;
  #ended = false;

  constructor(reading: ReadingControl, line: RequestLine, headers: RawHeaders, facts: RequestFacts) {
    this.#reading = reading;
    this.method = line.method;
    this.target = line.target;
    this.httpVersion = line.minor === 1 ? "1.1" : "1.0";
    this.httpVersionMinor = line.minor;
    this.rawHeaders = headers;
    this.facts = facts;
    this.complete = facts.ambiguity === undefined && !hasBody(facts.framing);
  }

  get socket(): Socket {
    return this.#reading.socket;
  }

  /** Whether somebody takes the body as it comes. */
  get taken(): boolean {
    return this.#sink !== undefined;
  }

  /** Whether the client could not send on if it wanted to. */
  get blocked(): boolean {
    return this.#paused || this.#waitingBytes > 0;
  }

  watch(bound: ClientBound | undefined): void {
    this.bound = bound;
  }

  readBody(sink: BodySink | undefined): void {
    this.#sink = sink;
    // Not at once: whoever begins to read has not finished beginning.
    if (sink !== undefined) process.nextTick(this.#handOver);
  }

  pause(): void {
    this.#paused = true;
    // What comes behind the body is not this request's to hold up.
    if (!this.complete) this.#reading.holdReading();
  }

  resume(): void {
    this.#paused = false;
    this.#handOver();
  }

  discardBody(): void {
    this.#discards = true;
    this.#sink = undefined;
    this.#waiting = undefined;
    this.#waitingBytes = 0;
    this.#paused = false;
    if (!this.complete) this.#reading.readOn();
  }

  /** A part of the body has come; lent for the call. */
  push(part: Buffer): void {
    if (this.#discards) return;
    if (this.#sink !== undefined && this.#waiting === undefined && !this.#paused) {
      this.#sink.onData(part);
      return;
    }
    this.#waiting ??= [];
    this.#waiting.push(Buffer.from(part));
    this.#waitingBytes += part.length;
    if (this.#waitingBytes >= MAX_WAITING_BYTES) this.#reading.holdReading();
  }

  /** The body is whole. */
  finish(trailers: RawHeaders): void {
    this.complete = true;
    this.rawTrailers = trailers;
    if (this.#waiting === undefined && !this.#paused) this.#end();
  }

  readonly #handOver = (): void => {
    while (this.#waiting !== undefined && this.#sink !== undefined && !this.#paused) {
      const parts = this.#waiting;
      const part = parts.shift() as Buffer;
      this.#waitingBytes -= part.length;
      if (parts.length === 0) this.#waiting = undefined;
      this.#sink.onData(part);
    }
    if (this.#waiting !== undefined || this.#paused) return;
    if (!this.complete) this.#reading.readOn();
    else this.#end();
  };

  #end(): void {
    if (this.#ended || this.#sink === undefined) return;
    this.#ended = true;
    this.#sink.onEnd();
  }
}
