import {
  CHUNK_LINE_TOO_LONG,
  ChunkedDecoder,
  type ChunkSink,
  TOO_MANY_EXTENSIONS,
  TRAILERS_TOO_LONG,
} from "../../http1/chunked-decoder.ts";
import type { RequestFraming } from "../../request-framing.ts";
import type { ProtocolFailure } from "../protocol-answer.ts";
import type { Http1Request } from "./http1-request.ts";

/** Takes one request's body out of what the connection reads (RFC 9112 §6, §7). */
export class BodyReader implements ChunkSink {
  readonly #request: Http1Request;
  readonly #chunked: ChunkedDecoder | undefined;
  #remaining: number;

  constructor(request: Http1Request, framing: RequestFraming, maxTrailerBytes: number) {
    this.#request = request;
    this.#chunked = framing.kind === "chunked" ? new ChunkedDecoder(maxTrailerBytes) : undefined;
    this.#remaining = framing.length;
  }

  get done(): boolean {
    return this.#request.complete;
  }

  /** Takes from `bytes[at, end)`. Returns the offset behind what was the body's, or how the body is broken. */
  take(bytes: Buffer, at: number, end: number): number | ProtocolFailure {
    if (this.#chunked !== undefined) return this.#takeChunks(this.#chunked, bytes, at, end);
    const bodyEnd = Math.min(end, at + this.#remaining);
    this.#remaining -= bodyEnd - at;
    this.onBody(bytes, at, bodyEnd);
    if (this.#remaining === 0) this.#request.finish([]);
    return bodyEnd;
  }

  onBody(bytes: Buffer, start: number, end: number): void {
    if (start < end) this.#request.push(bytes.subarray(start, end));
  }

  #takeChunks(chunked: ChunkedDecoder, bytes: Buffer, at: number, end: number): number | ProtocolFailure {
    const next = chunked.decode(bytes, at, end, this);
    if (typeof next === "string") return FAILURES[next] ?? "bad-request";
    if (chunked.done) this.#request.finish(chunked.trailers);
    return next;
  }
}

const FAILURES: Readonly<Record<string, ProtocolFailure>> = {
  [CHUNK_LINE_TOO_LONG]: "body-too-large",
  [TOO_MANY_EXTENSIONS]: "body-too-large",
  [TRAILERS_TOO_LONG]: "fields-too-large",
};
