import type { ServerResponse } from "node:http";
import { TLSSocket } from "node:tls";
import type { RawHeaders } from "../model/raw-headers.ts";
import type { AnswerFraming } from "./http1/answer-framing.ts";
import { copyToLent } from "./lent-buffers.ts";
import { lastChunk } from "./trailer-fields.ts";

/** The client's end of an exchange: where the answer is written, whatever protocol the client speaks. */
export interface ClientSide {
  /** Whether a byte of the final answer may have gone out. */
  readonly started: boolean;
  /** Whether the connection to the client is gone. */
  readonly gone: boolean;
  information(status: number, headers: RawHeaders): void;
  /** Goes out with the next `flush` or `end`, which throw where it cannot be written. */
  head(status: number, statusText: string, headers: RawHeaders, framing: AnswerFraming): void;
  /** How much was taken and not sent yet, in octets. */
  readonly gatheredBytes: number;
  /** From now on octets are gathered up to this many, whatever the size of their parts. */
  gatherUpTo(bytes: number): void;
  /** Takes `bytes[start, end)`, which is lent for the call, into what `flush` or `end` sends. */
  body(bytes: Buffer, start: number, end: number): void;
  /** Sends what was gathered. Returns false when the writer should wait for `onDrain`. */
  flush(): boolean;
  end(trailers: RawHeaders): void;
  /** Cuts the connection, so that what was sent cannot be taken for a whole answer. */
  cut(): void;
  onDrain(listener: () => void): void;
  /** Whether everything written was handed to the system. */
  readonly sent: boolean;
  /** Calls back once everything was handed to the system. */
  onSent(listener: () => void): void;
}

/** Up to this size octets are gathered as one latin1 string with the head: one string write is cheaper than a gathered one. */
const GATHER_BYTES = 16_384;

interface Head {
  readonly status: number;
  readonly statusText: string;
  readonly headers: RawHeaders;
}

/** A client that speaks HTTP/1 to Node's own server. */
export class Http1Client implements ClientSide {
  started = false;
  readonly #response: ServerResponse;
  /** The head, until the first of it is sent: an answer that turns out broken in the same read can still be a 502. */
  #head: Head | undefined;
  #chunked = false;
  /** Nothing but the end of the connection tells the client where the body ends. */
  #endsWithConnection = false;
  #gathered = "";
  #gatherBytes = GATHER_BYTES;
  #writable = true;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get gone(): boolean {
    return this.#response.destroyed || this.#response.req.socket.destroyed;
  }

  get gatheredBytes(): number {
    return this.#gathered.length;
  }

  gatherUpTo(bytes: number): void {
    this.#gatherBytes = bytes;
  }

  information(status: number, headers: RawHeaders): void {
    const { req } = this.#response;
    // RFC 9110 §15.2: a 1xx answer must not be sent to an HTTP/1.0 client.
    if (req.httpVersionMinor === 0) return;
    // writeContinue also tells Node that the client's body will come, so that the connection can be kept.
    if (status === 100) this.#response.writeContinue();
    else this.#response.writeInformation(status, withoutState(headers));
  }

  head(status: number, statusText: string, headers: RawHeaders, framing: AnswerFraming): void {
    const endless = framing.kind === "chunked" || framing.kind === "until-close";
    // RFC 9112 §6.1: no transfer coding for an HTTP/1.0 client, which then reads until the connection closes.
    this.#chunked = endless && this.#response.req.httpVersionMinor === 1;
    this.#endsWithConnection = endless && !this.#chunked;
    const fields = this.#chunked ? [...headers, "Transfer-Encoding", "chunked"] : withoutTrailer(headers);
    this.#head = { status, statusText, headers: fields };
  }

  body(bytes: Buffer, start: number, end: number): void {
    const size = end - start;
    if (this.#chunked) this.#gathered += `${size.toString(16)}\r\n`;
    if (size <= this.#gatherBytes) this.#gathered += bytes.toString("latin1", start, end);
    else {
      this.flush();
      const { copy, release } = copyToLent(bytes, start, end);
      this.#writable = this.#response.write(copy, release);
    }
    if (this.#chunked) this.#gathered += "\r\n";
  }

  flush(): boolean {
    if (this.#head === undefined && this.#gathered === "") return this.#writable;
    this.#writeHead();
    this.#writable = this.#response.write(this.#gathered, "latin1");
    this.#gathered = "";
    return this.#writable;
  }

  end(trailers: RawHeaders): void {
    if (this.#chunked) this.#gathered += lastChunk(trailers);
    this.#writeHead();
    if (this.#gathered === "") this.#response.end();
    else this.#response.end(this.#gathered, "latin1");
    this.#gathered = "";
  }

  cut(): void {
    const { socket } = this.#response.req;
    // There a plain end of the connection would be the end of a whole answer; a reset is not.
    if (this.#endsWithConnection && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
    this.#response.destroy();
    socket.destroy();
  }

  onDrain(listener: () => void): void {
    this.#response.once("drain", listener);
  }

  get sent(): boolean {
    return this.#response.writableLength === 0;
  }

  onSent(listener: () => void): void {
    this.#response.once("finish", listener);
  }

  #writeHead(): void {
    if (this.#head === undefined) return;
    const { status, statusText, headers } = this.#head;
    this.#head = undefined;
    this.#response.writeHead(status, statusText, inNodesOrder(headers) as string[]);
    // The chunks are framed here: one write for size, data and end instead of Node's five.
    if (this.#chunked) this.#response.chunkedEncoding = false;
    this.started = true;
  }
}

/** An interim answer is a hint (RFC 8297 §2): it neither sets nor clears what belongs to the final one, which is looked at more closely. */
export function withoutState(headers: RawHeaders): string[] {
  return headers.filter((_, i) => !/^(?:set-cookie|clear-site-data)$/i.test(headers[i - (i % 2)] as string));
}

/** Without chunks there are no trailers, and Node throws where one is announced. */
function withoutTrailer(headers: RawHeaders): RawHeaders {
  const isTrailer = (name: string | undefined): boolean => name?.length === 7 && name.toLowerCase() === "trailer";
  for (let i = 0; i < headers.length; i += 2) {
    if (isTrailer(headers[i])) return headers.filter((_, j) => !isTrailer(headers[j - (j % 2)]));
  }
  return headers;
}

/**
 * Node (seen in 26.10) reads a Content-Disposition that follows a Content-Length as UTF-8, which changes or refuses its octets.
 * Then, and only then, the length is put last.
 */
function inNodesOrder(headers: RawHeaders): RawHeaders {
  let lengthAt = -1;
  let isAffected = false;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length === 14 && name.toLowerCase() === "content-length") lengthAt = i;
    else if (lengthAt !== -1 && name.length === 19 && name.toLowerCase() === "content-disposition") isAffected = true;
  }
  if (!isAffected) return headers;
  return [...headers.slice(0, lengthAt), ...headers.slice(lengthAt + 2), ...headers.slice(lengthAt, lengthAt + 2)];
}
