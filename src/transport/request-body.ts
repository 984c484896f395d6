import type { BodySink, ClientRequest } from "./client-request.ts";
import type { Connection } from "./http1/connection.ts";
import { copyToLent } from "./lent-buffers.ts";
import { forwardableTrailers, lastChunk } from "./trailer-fields.ts";

export interface RequestBodyOptions {
  readonly request: ClientRequest;
  /** undefined: no limit. */
  readonly maxBodyBytes: number | undefined;
  /** Octets moved, in or out. */
  readonly onProgress: () => void;
  /** The last octet was written. */
  readonly onWritten: () => void;
  readonly onTooLarge: () => void;
}

/** Up to this size a part of the body is written as one string with what frames it. */
const STRING_BYTES = 16_384;

/**
 * Carries the body of one request from the client to the upstream, at the pace of the slower of the two.
 */
export class RequestBody implements BodySink {
  /** Whose turn it is while nothing moves: the client's to send, or the upstream's to take. */
  waitsFor: "client" | "upstream" = "client";
  /** Whether any of it was taken from the client: then the request cannot be sent again. */
  consumed = false;
  /** Whether all of it was written, or none of it will be any more. */
  done = false;
  readonly #options: RequestBodyOptions;
  #connection: Connection | undefined;
  /** The head of the request, held back for a moment so that it goes out together with the first part of the body. */
  #heldHead = "";
  #receivedBytes = 0;

  constructor(options: RequestBodyOptions) {
    this.#options = options;
  }

  /** Writes the head, and then the body as it comes. */
  start(connection: Connection, head: string): void {
    const { request } = this.#options;
    this.#connection = connection;
    request.readBody(this);
    // A client that waits for a 100 sends nothing before the upstream has seen the head.
    if (request.facts.framing.expectsContinue) connection.write(head);
    else {
      this.#heldHead = head;
      // What came with the head is handed over in the ticks before this one.
      setImmediate(this.#flushHead);
    }
  }

  /** Stops for good: nothing more is taken or written. What the client still sends is for `discardBody`. */
  stop(): void {
    this.done = true;
    this.#connection = undefined;
    this.#options.request.readBody(undefined);
  }

  onDrain(): void {
    if (this.done || this.waitsFor === "client") return;
    this.waitsFor = "client";
    this.#options.onProgress();
    this.#options.request.resume();
  }

  readonly #flushHead = (): void => {
    if (this.#heldHead === "") return;
    const head = this.#heldHead;
    this.#heldHead = "";
    this.#connection?.write(head);
  };

  onData(bytes: Buffer): void {
    const { maxBodyBytes, request, onProgress, onTooLarge } = this.#options;
    if (this.done) return;
    this.consumed = true;
    this.#receivedBytes += bytes.length;
    if (maxBodyBytes !== undefined && this.#receivedBytes > maxBodyBytes) {
      onTooLarge();
      return;
    }
    onProgress();
    if (this.#write(bytes)) return;
    this.waitsFor = "upstream";
    request.pause();
  }

  onEnd(): void {
    if (this.done) return;
    const { request, onWritten } = this.#options;
    const last = request.facts.framing.kind === "chunked" ? lastChunk(forwardableTrailers(request.rawTrailers)) : "";
    const rest = this.#heldHead + last;
    this.#heldHead = "";
    if (rest !== "") this.#connection?.write(rest);
    this.stop();
    onWritten();
  }

  #write(bytes: Buffer): boolean {
    const connection = this.#connection;
    if (connection === undefined) return true;
    const chunked = this.#options.request.facts.framing.kind === "chunked";
    const before = chunked ? `${this.#heldHead}${bytes.length.toString(16)}\r\n` : this.#heldHead;
    const after = chunked ? "\r\n" : "";
    this.#heldHead = "";
    if (bytes.length <= STRING_BYTES) return connection.write(before + bytes.toString("latin1") + after);
    const { copy, release } = copyToLent(bytes, 0, bytes.length);
    connection.cork();
    if (before !== "") connection.write(before);
    let goOn = connection.write(copy, release);
    if (after !== "") goOn = connection.write(after);
    connection.uncork();
    return goOn;
  }
}
