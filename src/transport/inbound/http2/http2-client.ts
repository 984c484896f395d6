import type { ServerHttp2Stream } from "node:http2";
import type { RawHeaders } from "../../../model/raw-headers.ts";
import { type ClientSide, withoutState } from "../../client-side.ts";
import type { AnswerFraming } from "../../http1/answer-framing.ts";
import { answerFields } from "./answer-fields.ts";

interface Head {
  readonly status: number;
  readonly headers: RawHeaders;
  readonly mayHaveTrailers: boolean;
}

/** Up to this size octets are gathered as one latin1 string, and go out as one frame. */
const GATHER_BYTES = 16_384;

/** INTERNAL_ERROR (RFC 9113 §7): the answer breaks off here. */
const INTERNAL_ERROR = 2;

/** A client that speaks HTTP/2: one stream of its connection. */
export class Http2Client implements ClientSide {
  started = false;
  readonly #stream: ServerHttp2Stream;
  /** The head, until the first of it is sent: an answer that turns out broken in the same read can still be a 502. */
  #head: Head | undefined;
  #gathered = "";
  #gatherBytes = GATHER_BYTES;
  #writable = true;
  #trailers: RawHeaders = [];

  constructor(stream: ServerHttp2Stream) {
    this.#stream = stream;
  }

  get gone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }

  get gatheredBytes(): number {
    return this.#gathered.length;
  }

  gatherUpTo(bytes: number): void {
    this.#gatherBytes = bytes;
  }

  information(status: number, headers: RawHeaders): void {
    // RFC 9113 §8.6: 101 has no meaning in HTTP/2.
    if (status !== 101) this.#stream.additionalHeaders({ ...answerFields(withoutState(headers)), ":status": status });
  }

  head(status: number, _statusText: string, headers: RawHeaders, framing: AnswerFraming): void {
    this.#head = { status, headers, mayHaveTrailers: framing.kind === "chunked" };
    this.#gathered = "";
  }

  body(bytes: Buffer, start: number, end: number): void {
    if (end - start <= this.#gatherBytes) this.#gathered += bytes.toString("latin1", start, end);
    else {
      this.flush();
      // A copy: the octets are lent for the call, and a stream waits for its window.
      this.#writable = this.#stream.write(Buffer.from(bytes.subarray(start, end)));
    }
  }

  flush(): boolean {
    this.#writeHead();
    if (this.#gathered === "") return this.#writable;
    this.#writable = this.#stream.write(this.#gathered, "latin1");
    this.#gathered = "";
    return this.#writable;
  }

  end(trailers: RawHeaders): void {
    this.#trailers = trailers;
    this.#writeHead();
    if (this.#gathered === "") this.#stream.end();
    else this.#stream.end(this.#gathered, "latin1");
    this.#gathered = "";
  }

  cut(): void {
    if (!this.#stream.closed) this.#stream.close(INTERNAL_ERROR);
  }

  closeAfter(): void {
    // The other streams of the connection go on.
  }

  onDrain(listener: () => void): void {
    this.#stream.once("drain", listener);
  }

  get sent(): boolean {
    return this.#stream.writableFinished;
  }

  onSent(listener: () => void): void {
    this.#stream.once("finish", listener);
  }

  #writeHead(): void {
    if (this.#head === undefined) return;
    const { status, headers, mayHaveTrailers } = this.#head;
    this.#head = undefined;
    this.#stream.respond({ ...answerFields(headers), ":status": status }, { waitForTrailers: mayHaveTrailers });
    if (mayHaveTrailers) this.#stream.on("wantTrailers", () => this.#stream.sendTrailers(answerFields(this.#trailers)));
    this.started = true;
  }
}
