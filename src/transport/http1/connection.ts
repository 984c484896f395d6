import type { Socket } from "node:net";
import type { FailureCode, FailurePhase, UpstreamFailure } from "../../model/outcome.ts";
import type { AnswerFacts } from "./answer-framing.ts";
import { connectSocket, type Endpoint } from "./connect-socket.ts";
import type { Exchange } from "./exchange.ts";
import type { ResponseHead } from "./parse-head.ts";
import { type ResponseHandler, ResponseParser } from "./response-parser.ts";
import { writeSoon } from "./write-soon.ts";

/** What a connection tells its pool. */
export interface ConnectionOwner {
  onOpen(connection: Connection): void;
  /** The exchange is over, and the connection may carry another. */
  onFree(connection: Connection): void;
  onClosed(connection: Connection): void;
  /** The exchange failed; the pool may send it once more instead of telling it. */
  onExchangeFailed(exchange: Exchange, failure: UpstreamFailure, how: { readonly resendable: boolean }): void;
}

/** One connection to an upstream: carries one exchange at a time, and never a second after an unclean one. */
export class Connection implements ResponseHandler {
  /** How many exchanges were given to it. */
  uses = 0;
  idleSinceMs = 0;
  connectDeadlineMs = 0;
  /** The upstream's own idle limit, where it named one. */
  keepAliveSeconds: number | undefined;
  exchange: Exchange | undefined;
  readonly #owner: ConnectionOwner;
  readonly #socket: Socket;
  readonly #parser = new ResponseParser();
  #open = false;
  #closed = false;
  #headSeen = false;
  #reusable = false;
  #answerDone = false;
  #requestDone = false;
  #error: NodeJS.ErrnoException | undefined;

  constructor(endpoint: Endpoint, owner: ConnectionOwner) {
    this.#owner = owner;
    this.#socket = connectSocket(endpoint, (length, bytes) => this.#receive(bytes, length));
    this.#socket.on(endpoint.tls === undefined ? "connect" : "secureConnect", () => this.#onOpen());
    this.#socket.on("drain", () => this.exchange?.onDrain());
    this.#socket.on("end", () => this.#onEnd());
    this.#socket.on("error", (error) => {
      this.#error = error;
    });
    this.#socket.on("close", () => this.#onClose());
  }

  get open(): boolean {
    return this.#open;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Why the socket broke, where the system said so. */
  get errorText(): string | undefined {
    // An AggregateError of several addresses has a code and no message.
    return this.#error?.message || this.#error?.code;
  }

  /** Gives the connection to an exchange. */
  start(exchange: Exchange): void {
    this.exchange = exchange;
    this.uses++;
    this.#headSeen = this.#reusable = this.#answerDone = this.#requestDone = false;
    this.#parser.begin(exchange.method, this);
    exchange.onConnection(this);
  }

  /** Writes a part of the request. Returns false when the exchange should wait for `onDrain`. */
  write(data: string | Buffer, onWritten?: () => void): boolean {
    if (typeof data === "string") return this.#socket.write(data, "latin1", onWritten);
    return this.#socket.write(data, onWritten);
  }

  /** Writes a whole request, at the end of this turn of the event loop. */
  writeWhole(request: string): void {
    writeSoon(this.#socket, request);
  }

  /** Several writes as one packet. */
  cork(): void {
    this.#socket.cork();
  }

  uncork(): void {
    this.#socket.uncork();
  }

  /** The last octet of the request has been written. */
  requestWritten(): void {
    this.#requestDone = true;
    if (this.#answerDone) this.#free();
  }

  pause(): void {
    this.#socket.pause();
  }

  resume(): void {
    this.#socket.resume();
  }

  /** Closes the connection at once. The exchange hears nothing more. */
  destroy(): void {
    this.exchange = undefined;
    this.#parser.stop();
    this.#socket.destroy();
    this.#onClose();
  }

  /** Fails the exchange and closes the connection. */
  fail(phase: FailurePhase, code: FailureCode, detail: string): void {
    const exchange = this.exchange;
    const resendable = code === "connection-lost" && this.uses > 1 && !this.#parser.started;
    this.destroy();
    if (exchange === undefined) return;
    this.#owner.onExchangeFailed(exchange, { phase, party: "upstream", code, detail }, { resendable });
  }

  onInformation(head: ResponseHead): void {
    this.exchange?.onInformation(head);
  }

  onHead(head: ResponseHead, facts: AnswerFacts): void {
    this.#headSeen = true;
    this.#reusable = facts.reusable;
    this.keepAliveSeconds = facts.keepAliveSeconds;
    this.exchange?.onHead(head, facts);
  }

  onBody(bytes: Buffer, start: number, end: number): void {
    this.exchange?.onBody(bytes, start, end);
  }

  onEnd(trailers: readonly string[]): void {
    this.#answerDone = true;
    this.exchange?.onEnd(trailers);
  }

  #onOpen(): void {
    this.#open = true;
    this.#owner.onOpen(this);
  }

  #receive(bytes: Buffer, length: number): void {
    const exchange = this.exchange;
    const wrong = this.#parser.execute(bytes, length);
    if (wrong === "surplus") this.#reusable = false;
    else if (wrong !== undefined) {
      this.fail(this.#headSeen ? "response-body" : "response-head", "invalid-response", wrong);
      return;
    }
    if (this.#answerDone && this.#requestDone) this.#free();
    else if (exchange === undefined) this.destroy();
    exchange?.onReadDone();
  }

  /** The exchange is over: back to the pool, or closed where anything about it was unclean. */
  #free(): void {
    if (this.exchange === undefined) return;
    this.exchange = undefined;
    if (this.#reusable && !this.#closed) this.#owner.onFree(this);
    else this.destroy();
  }

  #onEnd(): void {
    this.#reusable = false;
    const exchange = this.exchange;
    const wrong = this.#parser.finish();
    if (wrong !== undefined) this.#failLost(wrong);
    else if (exchange !== undefined && this.#answerDone) {
      if (this.#requestDone) this.#free();
      exchange.onReadDone();
    } else this.destroy();
  }

  #onClose(): void {
    if (this.#closed) return;
    this.#closed = true;
    if (this.exchange !== undefined) this.#failLost(this.errorText ?? "the connection was closed");
    this.#owner.onClosed(this);
  }

  #failLost(detail: string): void {
    if (this.#headSeen) this.fail("response-body", "truncated-response", detail);
    else this.fail(this.#requestDone ? "response-head" : "request", "connection-lost", detail);
  }
}
