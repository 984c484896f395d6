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

/** A client that speaks HTTP/2: one stream of its connection. */
export class Http2Client implements ClientSide {
  started = false;
  /** Whether the client was told to send its body. */
  continued = false;
  /** Whether all of the answer was written. */
  ended = false;
  readonly #stream: ServerHttp2Stream;
  /** The head, until the first of it is sent: an answer that turns out broken in the same read can still be a 502. */
  #head: Head | undefined;
  #gathered = "";
  #gatherBytes = GATHER_BYTES;
  #writable = true;
  #trailers: RawHeaders = [];
  #refused = false;
  #contentless = false;
  readonly #onAnswered: () => void;

  /** `onAnswered` is called once the answer was sent to its end. */
  constructor(stream: ServerHttp2Stream, onAnswered: () => void) {
    this.#stream = stream;
    this.#onAnswered = onAnswered;
  }

  get gone(): boolean {
    return this.#refused || this.#stream.destroyed || this.#stream.closed;
  }

  /** What was handed over and did not go out, in octets: it waits for the client's window. */
  get unsentBytes(): number {
    return this.#stream.bufferSize;
  }

  /** Somebody else answers: nothing that is written from now on reaches the client. */
  refuse(): void {
    this.#refused = true;
  }

  get gatheredBytes(): number {
    return this.#gathered.length;
  }

  gatherUpTo(bytes: number): void {
    this.#gatherBytes = bytes;
  }

  information(status: number, headers: RawHeaders): void {
    if (status === 100) this.continued = true;
    // RFC 9113 §8.6: 101 has no meaning in HTTP/2.
    if (status !== 101) this.#stream.additionalHeaders({ ...answerFields(withoutState(headers)), ":status": status });
  }

  head(status: number, _statusText: string, headers: RawHeaders, framing: AnswerFraming): void {
    // RFC 9110 §15.3.6. Node ends such a stream with its head.
    this.#contentless = status === 205;
    this.#head = { status, headers, mayHaveTrailers: framing.kind === "chunked" };
    this.#gathered = "";
  }

  body(bytes: Buffer, start: number, end: number): void {
    if (this.#contentless || this.gone) return;
    if (end - start <= this.#gatherBytes) this.#gathered += bytes.toString("latin1", start, end);
    else {
      this.flush();
      // A copy: the octets are lent for the call, and a stream waits for its window.
      this.#writable = this.#stream.write(Buffer.from(bytes.subarray(start, end)));
    }
  }

  flush(): boolean {
    if (this.gone) return true;
    this.#writeHead();
    if (this.#gathered === "") return this.#writable;
    this.#writable = this.#stream.write(this.#gathered, "latin1");
    this.#gathered = "";
    return this.#writable;
  }

  end(trailers: RawHeaders): void {
    if (this.gone) return;
    this.ended = true;
    this.#trailers = trailers;
    this.#writeHead();
    if (this.#gathered === "") this.#stream.end();
    else this.#stream.end(this.#gathered, "latin1");
    this.#gathered = "";
    // Of an answer to HEAD Node has ended its side before there was one.
    if (this.sent) this.#onAnswered();
    else this.#stream.once("finish", this.#onAnswered);
  }

  cut(): void {
    // Not `close`: Node (26.10) ends the answer on its way there, and where it has no trailers that is END_STREAM. Destroyed with an
    // error, the stream says INTERNAL_ERROR and no more (RFC 9113 §7).
    this.#stream.destroy(new Error("the answer breaks off"));
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
    const fields = answerFields(headers);
    if (this.#contentless) delete fields["content-length"];
    this.#stream.respond({ ...fields, ":status": status }, { waitForTrailers: mayHaveTrailers });
    if (mayHaveTrailers) this.#stream.on("wantTrailers", () => this.#sendTrailers());
    this.started = true;
  }

  #sendTrailers(): void {
    try {
      this.#stream.sendTrailers(answerFields(this.#trailers));
    } catch {
      // Called by Node: what is thrown here ends the process, so a trailer that cannot be written ends its stream alone.
      this.cut();
    }
  }
}
