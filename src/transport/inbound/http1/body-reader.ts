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

/** Up to this size the data of a chunk is moved next to what came before it. */
const MOVED_BYTES = 4_096;

/** Takes one request's body out of what the connection reads (RFC 9112 §6, §7). */
export class BodyReader implements ChunkSink {
  readonly #request: Http1Request;
  readonly #chunked: ChunkedDecoder | undefined;
  #remaining: number;
  /** What of the chunks of one read was not handed over yet: `bytes[#from, #to)`. */
  #from = 0;
  #to = 0;

  constructor(request: Http1Request, framing: RequestFraming, maxTrailerBytes: number) {
    this.#request = request;
    this.#chunked = framing.kind === "chunked" ? new ChunkedDecoder(maxTrailerBytes) : undefined;
    this.#remaining = framing.length;
  }

  get done(): boolean {
    return this.#request.complete;
  }

  /** Takes from `bytes[at, end)`, of which it may overwrite what was taken. Returns the offset behind what was the body's, or how the body is broken. */
  take(bytes: Buffer, at: number, end: number): number | ProtocolFailure {
    if (this.#chunked !== undefined) return this.#takeChunks(this.#chunked, bytes, at, end);
    const bodyEnd = Math.min(end, at + this.#remaining);
    this.#remaining -= bodyEnd - at;
    this.#push(bytes, at, bodyEnd);
    if (this.#remaining === 0) this.#request.finish([]);
    return bodyEnd;
  }

  /**
   * Small chunks of one read become one part, in the place of the chunk sizes between them: handed over one by one, chunks of one
   * octet each would cost a write apiece, and their sender next to nothing.
   */
  onBody(bytes: Buffer, start: number, end: number): void {
    if (this.#from < this.#to && end - start <= MOVED_BYTES) {
      bytes.copyWithin(this.#to, start, end);
      this.#to += end - start;
      return;
    }
    this.#push(bytes, this.#from, this.#to);
    this.#from = start;
    this.#to = end;
  }

  #push(bytes: Buffer, start: number, end: number): void {
    if (start < end) this.#request.push(bytes.subarray(start, end));
  }

  #takeChunks(chunked: ChunkedDecoder, bytes: Buffer, at: number, end: number): number | ProtocolFailure {
    this.#from = this.#to = at;
    const next = chunked.decode(bytes, at, end, this);
    this.#push(bytes, this.#from, this.#to);
    if (typeof next === "string") return FAILURES[next] ?? "bad-request";
    if (!chunked.done) return next;
    if (namesFraming(chunked.trailers)) return "bad-request";
    this.#request.finish(chunked.trailers);
    return next;
  }
}

/** Whether a trailer would give the body another length (RFC 9110 §6.5.1): nobody sends that in good faith. */
function namesFraming(trailers: readonly string[]): boolean {
  return trailers.some((name, i) => i % 2 === 0 && /^(?:content-length|transfer-encoding)$/i.test(name));
}

const FAILURES: Readonly<Record<string, ProtocolFailure>> = {
  [CHUNK_LINE_TOO_LONG]: "body-too-large",
  [TOO_MANY_EXTENSIONS]: "body-too-large",
  [TRAILERS_TOO_LONG]: "fields-too-large",
};
