import type { ServerResponse } from "node:http";
import type { RawHeaders } from "../model/raw-headers.ts";
import type { AnswerFraming } from "./http1/answer-framing.ts";
import { lastChunk } from "./trailer-fields.ts";

/** The client's end of an exchange: where the answer is written, whatever protocol the client speaks. */
export interface ClientSide {
  /** Whether a byte of the final answer may have gone out. */
  readonly started: boolean;
  /** Whether the connection to the client is gone. */
  readonly gone: boolean;
  information(status: number, headers: RawHeaders): void;
  /** Throws where the head cannot be written. */
  head(status: number, statusText: string, headers: string[], framing: AnswerFraming): void;
  /** Takes `bytes[start, end)`, which is lent for the call, into what `flush` or `end` sends. */
  body(bytes: Buffer, start: number, end: number): void;
  /** Sends what was gathered. Returns false when the writer should wait for `onDrain`. */
  flush(): boolean;
  end(trailers: RawHeaders): void;
  /** Cuts the connection, so that what was sent cannot be taken for a whole answer. */
  cut(): void;
  onDrain(listener: () => void): void;
  /** Calls back once everything was handed to the system; at once where it already is. */
  onSent(listener: () => void): void;
}

/** Up to this size octets are gathered as one latin1 string with the head: one string write is cheaper than a gathered one. */
const GATHER_BYTES = 16_384;

/** A client that speaks HTTP/1 to Node's own server. */
export class Http1Client implements ClientSide {
  started = false;
  readonly #response: ServerResponse;
  #chunked = false;
  #gathered = "";
  #headPending = false;
  #writable = true;

  constructor(response: ServerResponse) {
    this.#response = response;
  }

  get gone(): boolean {
    return this.#response.destroyed || this.#response.req.socket.destroyed;
  }

  information(status: number, headers: RawHeaders): void {
    const { req } = this.#response;
    // RFC 9110 §15.2: a 1xx answer must not be sent to an HTTP/1.0 client.
    if (req.httpVersionMinor === 0) return;
    // writeContinue also tells Node that the client's body will come, so that the connection can be kept.
    if (status === 100) this.#response.writeContinue();
    else this.#response.writeInformation(status, headers as string[]);
  }

  head(status: number, statusText: string, headers: string[], framing: AnswerFraming): void {
    const response = this.#response;
    // RFC 9112 §6.1: no transfer coding for an HTTP/1.0 client, which then reads until the connection closes.
    this.#chunked =
      (framing.kind === "chunked" || framing.kind === "until-close") && response.req.httpVersionMinor === 1;
    if (this.#chunked) headers.push("Transfer-Encoding", "chunked");
    response.writeHead(status, statusText, headers);
    // The chunks are framed here: one write for size, data and end instead of Node's five.
    if (this.#chunked) response.chunkedEncoding = false;
    this.#headPending = true;
    this.started = true;
  }

  body(bytes: Buffer, start: number, end: number): void {
    const size = end - start;
    if (this.#chunked) this.#gathered += `${size.toString(16)}\r\n`;
    if (size <= GATHER_BYTES) this.#gathered += bytes.toString("latin1", start, end);
    else {
      this.flush();
      this.#writable = this.#response.write(Buffer.from(bytes.subarray(start, end)));
    }
    if (this.#chunked) this.#gathered += "\r\n";
  }

  flush(): boolean {
    if (this.#headPending || this.#gathered !== "") {
      this.#writable = this.#response.write(this.#gathered, "latin1");
      this.#headPending = false;
      this.#gathered = "";
    }
    return this.#writable;
  }

  end(trailers: RawHeaders): void {
    if (this.#chunked) this.#gathered += lastChunk(trailers);
    if (this.#gathered === "") this.#response.end();
    else this.#response.end(this.#gathered, "latin1");
    this.#gathered = "";
    this.#headPending = false;
  }

  cut(): void {
    this.#response.destroy();
    this.#response.req.socket.destroy();
  }

  onDrain(listener: () => void): void {
    this.#response.once("drain", listener);
  }

  onSent(listener: () => void): void {
    if (this.#response.writableLength === 0) listener();
    else this.#response.once("finish", listener);
  }
}
