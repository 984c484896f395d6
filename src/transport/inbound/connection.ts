import type { IncomingMessage, ServerResponse } from "node:http";
import { Socket } from "node:net";
import type { InboundTimeouts } from "../../config/schema/listen.ts";
import { answersAsLastHop } from "./answers-as-last-hop.ts";
import { namesOtherProtocol } from "./names-other-protocol.ts";
import { failureOf, type ParserError, type ProtocolFailure, protocolAnswer } from "./protocol-answer.ts";
import { screenHandshake } from "./screen-handshake.ts";

/** What a connection needs of its listener. */
export interface ConnectionOwner {
  readonly timeouts: InboundTimeouts;
  readonly draining: boolean;
  onRequest(request: IncomingMessage, response: ServerResponse): void;
  onUpgrade(request: IncomingMessage, socket: Socket, head: Buffer): void;
  onProtocolFailure(failure: ProtocolFailure): void;
}

interface Current {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  /** The client waits for 100 before it sends its body: its silence is no fault. */
  readonly awaits: "body" | "continue";
}

type Waiting = Current | { readonly request: IncomingMessage; readonly head: Buffer };

/** So many pipelined requests wait before nothing more is read; the parser may still deliver what it holds. */
const MAX_WAITING = 32;

/**
 * What must come of a body within each `bodyIdleTimeoutMs`: a client that dribbles octet by octet holds a connection to the
 * upstream for as long as it likes, and costs it nothing.
 */
const MIN_BODY_BYTES = 256;

/** With a handler still at work on the broken request, its socket is not kept long: closing it is what tells the handler. */
const SHORT_LINGER_MS = 100;

/**
 * One client connection. Node answers pipelined requests in order but starts them at once; here one starts when the one before
 * it has been answered, because requests that are not safe must not overtake each other (RFC 9112 §9.3.2).
 */
export class Connection {
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  #current: Current | undefined;
  #waiting: Waiting[] = [];
  /** What to say once everything before the broken message has been answered. */
  #lastWords: ProtocolFailure | undefined;
  #lingering = false;
  #upgraded = false;
  #upgradeIgnored = false;
  /** Nothing more is read, because too many requests wait. */
  #holdsBack = false;
  /** Octets read when last looked at; -1: not yet looked at during this request. */
  #bytesSeen = -1;
  #bytesSeenAtMs = 0;
  #idleSinceMs = performance.now();
  readonly #onAnswered = (): void => this.#answered();

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.#socket = socket;
    this.#owner = owner;
    // Node takes its own error listener away at an upgrade; an error without a listener ends the process.
    socket.on("error", () => undefined);
    socket.on("end", () => this.#clientEnded());
    // Node calls destroySoon() after an answer with `Connection: close`. With request octets still unread the kernel then
    // sends RST, which takes the answer away from the client (RFC 9112 §9.6).
    socket.destroySoon = () => this.#closeAfterAnswer();
    // Node reads on whenever an answer has drained, however many requests wait here: a client that sends without reading would
    // fill the memory, and its reset then keep Node busy for minutes (seen in 26.10 with 200,000 requests).
    socket.resume = () => (this.#holdsBack ? socket : Socket.prototype.resume.call(socket));
  }

  /** Milliseconds (of `performance.now()`) since when nothing has been asked; undefined: busy or upgraded. */
  get idleSinceMs(): number | undefined {
    return this.#current === undefined && !this.#upgraded && !this.#lingering ? this.#idleSinceMs : undefined;
  }

  /**
   * The request that comes next asks for an upgrade that is ignored. Node's parser throws away what follows such a request in
   * the same chunk (seen in 26.10), so that a pipelined request may be lost or cut in two: this one must be the last.
   */
  ignoreUpgrade(): void {
    this.#upgradeIgnored = true;
  }

  handle(request: IncomingMessage, response: ServerResponse, awaits: "body" | "continue"): void {
    // What comes behind the last answer is read only to be thrown away.
    if (this.#lingering || this.#socket.writableEnded) return;
    if (this.#upgradeIgnored) response.shouldKeepAlive = false;
    // The screening refuses every version but 1.0 and 1.1.
    if (namesOtherProtocol(request)) request.httpVersionMajor = 0;
    const current = { request, response, awaits } as const;
    if (this.#current === undefined) this.#start(current);
    else this.#wait(current);
  }

  handleUpgrade(request: IncomingMessage, head: Buffer): void {
    if (this.#lingering || this.#socket.writableEnded) return;
    if (this.#current === undefined) this.#startUpgrade(request, head);
    else this.#wait({ request, head });
  }

  /** The parser gave up, or the client was too slow. */
  parserFailed(error: ParserError): void {
    const failure = failureOf(error);
    if (this.#lingering || this.#lastWords !== undefined) return;
    // A connection that was opened in advance and never used is closed without a word, lest the word be taken for an answer.
    if (failure === undefined || !this.#socket.writable || this.#socket.bytesRead === 0) {
      this.#socket.destroy();
      return;
    }
    this.refuse(failure);
  }

  /** Answers the message that is being read with a refusal, in its turn, and closes. */
  refuse(failure: ProtocolFailure): void {
    this.#owner.onProtocolFailure(failure);
    const newest = this.#waiting.at(-1) ?? this.#current;
    const brokeInBody = newest !== undefined && !newest.request.complete;
    if (brokeInBody && newest === this.#current) {
      if (newest.response.headersSent) this.#socket.destroy();
      else this.#sayLast(failure, SHORT_LINGER_MS);
      return;
    }
    if (brokeInBody) this.#waiting.pop();
    if (this.#current === undefined) this.#sayLast(failure, this.#owner.timeouts.lingerMs);
    else this.#lastWords = failure;
  }

  /** Called every second or more often. Cuts a client whose body does not come although it could. */
  checkBody(nowMs: number): void {
    const current = this.#current;
    if (current === undefined || current.request.complete || this.#lingering) return;
    const { bytesRead } = this.#socket;
    const firstLook = this.#bytesSeen === -1;
    const came = bytesRead - this.#bytesSeen;
    if (!firstLook && came > 0 && current.awaits === "continue") this.#current = { ...current, awaits: "body" };
    const couldNotSend =
      current.awaits === "continue" || current.request.readableLength > 0 || current.request.isPaused();
    // Once the answer has begun, both sides may be in a dialogue: then the least sign of life will do.
    const enough = current.response.headersSent ? 1 : MIN_BODY_BYTES;
    if (firstLook || couldNotSend || came >= enough) {
      this.#bytesSeen = bytesRead;
      this.#bytesSeenAtMs = nowMs;
    } else if (nowMs - this.#bytesSeenAtMs >= this.#owner.timeouts.bodyIdleTimeoutMs) this.refuse("request-timeout");
  }

  /** Lets the answer in flight be the last one. */
  closeWhenAnswered(): void {
    if (this.#current !== undefined && !this.#current.response.headersSent) {
      this.#current.response.shouldKeepAlive = false;
    }
  }

  destroy(): void {
    this.#socket.destroy();
  }

  #start(current: Current): void {
    this.#current = current;
    this.#bytesSeen = -1;
    if (this.#owner.draining) current.response.shouldKeepAlive = false;
    current.response.on("close", this.#onAnswered);
    if (!answersAsLastHop(current.request, current.response)) {
      this.#owner.onRequest(current.request, current.response);
    }
  }

  #startUpgrade(request: IncomingMessage, head: Buffer): void {
    const failure = screenHandshake(request.rawHeaders);
    if (failure !== undefined) {
      this.refuse(failure);
      return;
    }
    this.#upgraded = true;
    this.#socket.once("finish", () => this.#endAfterUpgrade(-1));
    this.#owner.onUpgrade(request, this.#socket, head);
  }

  #wait(waiting: Waiting): void {
    this.#waiting.push(waiting);
    if (this.#waiting.length < MAX_WAITING) return;
    this.#holdsBack = true;
    this.#socket.pause();
  }

  #answered(): void {
    const { request } = this.#current as Current;
    this.#current = undefined;
    this.#idleSinceMs = performance.now();
    if (this.#socket.destroyed || this.#socket.writableEnded || this.#lingering) return;
    if (!request.complete) this.#discardRest(request);
    const next = this.#waiting.shift();
    if (this.#holdsBack && this.#waiting.length < MAX_WAITING) this.#readOn();
    if (next === undefined) {
      if (this.#lastWords !== undefined) this.#sayLast(this.#lastWords, this.#owner.timeouts.lingerMs);
    } else if ("response" in next) this.#start(next);
    else this.#startUpgrade(next.request, next.head);
  }

  #readOn(): void {
    this.#holdsBack = false;
    this.#socket.resume();
  }

  /** After an early answer the rest of the body is read and thrown away, for a bounded time, to save the connection. */
  #discardRest(request: IncomingMessage): void {
    request.resume();
    setTimeout(() => request.complete || this.#socket.destroy(), this.#owner.timeouts.lingerMs).unref();
  }

  #closeAfterAnswer(): void {
    const request = this.#current?.request;
    if (request === undefined || request.complete || this.#socket.readableEnded) {
      Socket.prototype.destroySoon.call(this.#socket);
      return;
    }
    request.resume();
    this.#linger(this.#owner.timeouts.lingerMs);
  }

  #sayLast(failure: ProtocolFailure, lingerMs: number): void {
    this.#socket.write(protocolAnswer(failure));
    this.#linger(lingerMs);
  }

  /** Ends our side and reads on until the client ends its own, or the time is over. */
  #linger(lingerMs: number): void {
    if (this.#lingering) return;
    this.#lingering = true;
    this.#waiting = [];
    this.#socket.end();
    this.#readOn();
    if (this.#socket.readableEnded) this.#socket.destroy();
    else setTimeout(() => this.#socket.destroy(), lingerMs).unref();
  }

  #clientEnded(): void {
    if (this.#upgraded) return;
    if (this.#lingering) this.#socket.destroy();
    else if (this.#current !== undefined) this.#graceAfterHalfClose(-1);
  }

  /** Our side has ended, by a refusal or with the upstream's: the client's is waited for as long as it says something. */
  #endAfterUpgrade(readBefore: number): void {
    const { bytesRead, destroyed } = this.#socket;
    if (destroyed) return;
    if (bytesRead === readBefore) {
      this.#socket.destroy();
      return;
    }
    if (this.#socket.listenerCount("data") === 0) this.#socket.resume();
    setTimeout(() => this.#endAfterUpgrade(bytesRead), this.#owner.timeouts.lingerMs).unref();
  }

  /**
   * A client that half-closes and one that left for good look alike: both send FIN. It is served on for as long as it takes
   * octets within each grace; writing to one that left ends in a reset anyway.
   */
  #graceAfterHalfClose(takenBefore: number): void {
    const socket = this.#socket;
    const taken = socket.bytesWritten - socket.writableLength;
    if (socket.destroyed) return;
    if (taken === takenBefore) {
      socket.destroy();
      return;
    }
    setTimeout(() => this.#graceAfterHalfClose(taken), this.#owner.timeouts.halfCloseGraceMs).unref();
  }
}
