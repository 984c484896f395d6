import { STATUS_CODES } from "node:http";
import type { Socket } from "node:net";
import { TLSSocket } from "node:tls";
import type { RawHeaders } from "../../../model/raw-headers.ts";
import { type ClientSide, withoutState } from "../../client-side.ts";
import type { AnswerFraming } from "../../http1/answer-framing.ts";
import { copyToLent } from "../../lent-buffers.ts";
import { lastChunk } from "../../trailer-fields.ts";
import { answerLines, fieldLines } from "./answer-lines.ts";
import type { Http1Request } from "./http1-request.ts";

/** What an answer asks of its connection. */
export interface AnswerControl {
  readonly socket: Socket;
  /** Whether the next answer is the connection's last. */
  readonly ending: boolean;
  /** The fields that tell the client that it may go on, and for how long. */
  readonly keepAliveFields: string;
  /** The answer has been handed to the system. */
  answered(): void;
}

/** Up to this size octets are gathered as one latin1 string with the head: one string write is cheaper than a gathered one. */
const GATHER_BYTES = 16_384;

/** The client's end of one exchange over HTTP/1. */
export class Http1Client implements ClientSide {
  started = false;
  gone = false;
  /** Whether the answer is whole, be it sent or not. */
  ended = false;
  /** Whether the client was told to send its body. */
  continued = false;
  /** Whether the connection ends with this answer. Settled once the head is written. */
  closes = false;
  readonly #connection: AnswerControl;
  readonly #request: Http1Request;
  /** The head, until the first of it is sent: an answer that turns out broken in the same read can still be a 502. */
  #head = "";
  #gathered = "";
  #gatherBytes = GATHER_BYTES;
  #chunked = false;
  /** Nothing but the end of the connection tells the client where the body ends. */
  #endsWithConnection = false;
  #writable = true;
  #sent = false;
  #onSent: (() => void) | undefined;

  constructor(connection: AnswerControl, request: Http1Request) {
    this.#connection = connection;
    this.#request = request;
  }

  get gatheredBytes(): number {
    return this.#gathered.length;
  }

  get sent(): boolean {
    return this.#sent;
  }

  gatherUpTo(bytes: number): void {
    this.#gatherBytes = bytes;
  }

  closeAfter(): void {
    this.closes = true;
  }

  information(status: number, headers: RawHeaders): void {
    // RFC 9110 §15.2: a 1xx answer must not be sent to an HTTP/1.0 client.
    if (this.#request.httpVersionMinor === 0 || this.started || this.gone) return;
    if (status === 100) this.continued = true;
    const text = status === 100 ? "HTTP/1.1 100 Continue\r\n" : `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ""}\r\n`;
    this.#connection.socket.write(`${text}${fieldLines(withoutState(headers))}\r\n`, "latin1");
  }

  head(status: number, statusText: string, headers: RawHeaders, framing: AnswerFraming): void {
    const endless = framing.kind === "chunked" || framing.kind === "until-close";
    // RFC 9112 §6.1: no transfer coding for an HTTP/1.0 client, which then reads until the connection closes.
    this.#chunked = endless && this.#request.httpVersionMinor === 1;
    this.#endsWithConnection = endless && !this.#chunked;
    this.#head = `HTTP/1.1 ${status} ${statusText}\r\n${answerLines(headers, this.#chunked)}`;
    this.#gathered = "";
  }

  body(bytes: Buffer, start: number, end: number): void {
    const size = end - start;
    if (this.#chunked) this.#gathered += `${size.toString(16)}\r\n`;
    if (size <= this.#gatherBytes) this.#gathered += bytes.toString("latin1", start, end);
    else {
      this.flush();
      const { copy, release } = copyToLent(bytes, start, end);
      this.#writable = this.#connection.socket.write(copy, release);
    }
    if (this.#chunked) this.#gathered += "\r\n";
  }

  flush(): boolean {
    const text = this.#takeText();
    if (text !== "") this.#writable = this.#connection.socket.write(text, "latin1");
    return this.#writable;
  }

  end(trailers: RawHeaders): void {
    const { socket } = this.#connection;
    // Whatever it was told last was the last it is told.
    if (this.gone) return;
    this.ended = true;
    if (this.#chunked) this.#gathered += lastChunk(trailers);
    const text = this.#takeText();
    if (text !== "") socket.write(text, "latin1");
    if (socket.writableLength === 0) this.#finish();
    // Behind everything that waits: called once all of it was handed over, or nothing can be any more.
    else socket.write("", () => this.#finish());
  }

  cut(): void {
    const { socket } = this.#connection;
    // There a plain end of the connection would be the end of a whole answer; a reset is not.
    if (this.#endsWithConnection && !(socket instanceof TLSSocket)) socket.resetAndDestroy();
    else socket.destroy();
  }

  onDrain(listener: () => void): void {
    this.#connection.socket.once("drain", listener);
  }

  onSent(listener: () => void): void {
    this.#onSent = listener;
  }

  #takeText(): string {
    const text = this.#head === "" ? this.#gathered : this.#head + this.#connectionFields() + this.#gathered;
    this.#head = "";
    this.#gathered = "";
    return text;
  }

  #connectionFields(): string {
    const { framing } = this.#request.facts;
    this.started = true;
    // A client that was not told to send its body may send it or not (RFC 9110 §10.1.1): nobody could tell what comes next.
    const unsettled = framing.expectsContinue && !this.continued && !this.#request.complete;
    this.closes ||= this.#endsWithConnection || this.#connection.ending || !this.#request.facts.persistent || unsettled;
    const coding = this.#chunked ? "Transfer-Encoding: chunked\r\n" : "";
    return `${coding}${this.closes ? "Connection: close\r\n" : this.#connection.keepAliveFields}\r\n`;
  }

  #finish(): void {
    // What a broken connection has not taken was not sent: its `close` will say so.
    if (this.#sent || this.gone || this.#connection.socket.destroyed) return;
    this.#sent = true;
    this.#connection.answered();
    this.#onSent?.();
  }
}
