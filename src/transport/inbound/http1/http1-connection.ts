import type { Socket } from "node:net";
import { hasBody } from "../../request-framing.ts";
import { answersAsLastHop } from "../answers-as-last-hop.ts";
import type { ConnectionOwner } from "../connection-owner.ts";
import { type ProtocolFailure, protocolAnswer } from "../protocol-answer.ts";
import { screenHandshake } from "../screen-handshake.ts";
import { BodyPace } from "../body-pace.ts";
import { BodyReader } from "./body-reader.ts";
import { endAfterUpgrade, graceAfterHalfClose, WritingPatience } from "./ending.ts";
import { HeadReader } from "./head-reader.ts";
import { readLent } from "./read-lent.ts";
import { type AnswerControl, Http1Client } from "./http1-client.ts";
import { Http1Request, type ReadingControl } from "./http1-request.ts";

/** What is kept of requests that come before their predecessor has been answered. */
const MAX_AHEAD_BYTES = 65_536;
/** How much longer than it was told a client may let a connection idle: its request may be on the way. */
const KEEP_ALIVE_GRACE_MS = 1_000;

/**
 * One client connection that speaks HTTP/1. A pipelined request is looked at when the one before it has been answered, because
 * requests that are not safe must not overtake each other (RFC 9112 §9.3.2).
 */
export class Http1Connection implements ReadingControl, AnswerControl {
  readonly socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #heads: HeadReader;
  readonly #pace: BodyPace;
  readonly #patience: WritingPatience;
  #phase: "open" | "lingering" | "upgraded" | "closed" = "open";
  #request: Http1Request | undefined;
  #client: Http1Client | undefined;
  #body: BodyReader | undefined;
  /** What came behind the request that is being answered. */
  #ahead: Buffer | undefined;
  #advancing = false;
  /** Why nothing is read just now: the body is not taken, or too much has come ahead. */
  #bodyHeld = false;
  #aheadHeld = false;
  #used = false;
  #idleSinceMs = performance.now();
  readonly #giveBack: () => void;
  readonly #onEnd = (): void => this.#clientEnded();

  constructor(socket: Socket, owner: ConnectionOwner) {
    this.socket = socket;
    this.#owner = owner;
    this.#heads = new HeadReader(owner.limits.maxHeaderBytes);
    this.#pace = new BodyPace(owner.timeouts);
    this.#patience = new WritingPatience(socket);
    // An error without a listener ends the process. What it means is told by `close`.
    socket.on("error", () => undefined);
    this.#giveBack = readLent(socket, (bytes, length) => this.#receive(bytes, length));
    socket.on("end", this.#onEnd);
    socket.on("close", () => this.#onClose());
  }

  /** Milliseconds (of `performance.now()`) since when nothing has been asked; undefined: busy or upgraded. */
  get idleSinceMs(): number | undefined {
    return this.#phase === "open" && this.#request === undefined ? this.#idleSinceMs : undefined;
  }

  get ending(): boolean {
    return this.#owner.draining;
  }

  get keepAliveFields(): string {
    return this.#owner.keepAliveFields;
  }

  /** Called every second or more often: ends what takes too long. */
  check(nowMs: number): void {
    const request = this.#request;
    if (this.#phase !== "open") this.#checkEnding(nowMs);
    else if (request === undefined) this.#checkIdle(nowMs);
    else if (!request.complete) {
      const { bytesRead } = this.socket;
      if (this.#pace.isTooSlow({ request, client: this.#client as Http1Client, bytesRead, nowMs }))
        this.refuse("request-timeout");
    } else if (this.#client?.ended === true) this.#patience.check(nowMs, this.#owner.timeouts.keepAliveTimeoutMs);
  }

  #checkEnding(nowMs: number): void {
    const { writableEnded, writableFinished } = this.socket;
    // A tunnel that was ended is looked after by others once all of it was written.
    if (!writableEnded || (writableFinished && this.#phase === "upgraded")) return;
    this.#patience.check(nowMs, this.#owner.timeouts.lingerMs);
  }

  /** Lets the answer in flight be the last one. */
  closeWhenAnswered(): void {
    if (this.#client?.started === false) this.#client.closeAfter();
  }

  destroy(): void {
    this.socket.destroy();
  }

  holdReading(): void {
    this.#bodyHeld = true;
    this.socket.pause();
  }

  readOn(): void {
    this.#bodyHeld = false;
    if (!this.#aheadHeld && this.#phase !== "upgraded") this.socket.resume();
  }

  answered(): void {
    const request = this.#request as Http1Request;
    this.#idleSinceMs = performance.now();
    if (this.#client?.closes === true) this.#closeAfterAnswer(request);
    else if (request.complete) this.#goOn();
    else this.#awaitRest(request);
  }

  /** What nobody takes of a body is read and thrown away, for a bounded time, to save the connection. */
  #awaitRest(request: Http1Request): void {
    if (!request.taken) request.discardBody();
    const onTime = (): void => {
      if (this.#request !== request) return;
      if (request.taken) this.#awaitRest(request);
      else this.socket.destroy();
    };
    setTimeout(onTime, this.#owner.timeouts.lingerMs).unref();
  }

  /** Takes `bytes[0, length)`, which is lent for the call. */
  #receive(bytes: Buffer, length: number): void {
    const at = this.#body === undefined ? 0 : this.#takeBody(this.#body, bytes, 0, length);
    if (at === length || this.#phase !== "open") return;
    if (this.#request === undefined) this.#advance(bytes, at, length);
    else {
      const rest = bytes.subarray(at, length);
      this.#ahead = this.#ahead === undefined ? Buffer.from(rest) : Buffer.concat([this.#ahead, rest]);
      if (this.#ahead.length > MAX_AHEAD_BYTES) {
        this.#aheadHeld = true;
        this.socket.pause();
      }
    }
  }

  /** Reads one request after the other from `bytes[from, end)`, for as long as each is answered at once. */
  #advance(bytes: Buffer, from: number, end: number): void {
    const isOwn = bytes === this.#ahead;
    let at = from;
    this.#advancing = true;
    while (at < end && this.#request === undefined && this.#phase === "open") {
      const head = this.#heads.read(bytes, at, end);
      at = end;
      if (typeof head === "string") this.refuse(head);
      else if (head !== undefined)
        at = this.#start(new Http1Request(this, head.line, head.headers, head.facts), bytes, head.end, end);
    }
    this.#advancing = false;
    this.#ahead = undefined;
    if (this.#phase !== "open") return;
    if (at < end) this.#ahead = isOwn ? bytes.subarray(at, end) : Buffer.from(bytes.subarray(at, end));
    if (this.#aheadHeld && end - at <= MAX_AHEAD_BYTES) {
      this.#aheadHeld = false;
      if (!this.#bodyHeld) this.socket.resume();
    }
    if (this.#request === undefined && this.socket.readableEnded) this.#clientEnded();
  }

  /** Begins with a request whose head ended at `at`. Returns the offset behind what belongs to it. */
  #start(request: Http1Request, bytes: Buffer, at: number, end: number): number {
    const { facts, method } = request;
    this.#used = true;
    if (facts.wantsWebSocket && method === "GET" && request.httpVersionMinor === 1 && request.complete) {
      this.#startUpgrade(request, Buffer.from(bytes.subarray(at, end)));
      return end;
    }
    let next = at;
    const client = new Http1Client(this, request);
    this.#request = request;
    this.#client = client;
    if (hasBody(facts.framing)) {
      this.#pace.begin(performance.now());
      this.#body = new BodyReader(request, facts.framing, this.#owner.limits.maxHeaderBytes);
      next = this.#takeBody(this.#body, bytes, at, end);
      // From a client that has ended its side the rest will never come.
      if (this.#phase === "open" && !request.complete && this.socket.readableEnded) this.refuse("bad-request");
      if (this.#phase !== "open") return end;
    }
    if (method === "CONNECT") this.refuse("not-implemented");
    else if (!answersAsLastHop(request, client, this.#owner.limits)) this.#owner.onRequest(request, client);
    return next;
  }

  /** Returns the offset behind what was the body's. */
  #takeBody(body: BodyReader, bytes: Buffer, at: number, end: number): number {
    const next = body.take(bytes, at, end);
    if (typeof next === "string") {
      this.refuse(next);
      return end;
    }
    if (body.done) {
      this.#body = undefined;
      // Whoever takes the body takes it at his own pace; what comes behind it is another matter.
      if (this.#bodyHeld) this.readOn();
      if (this.#client?.sent === true && this.#phase === "open") this.#goOn();
    }
    return next;
  }

  #goOn(): void {
    this.#request = undefined;
    this.#client = undefined;
    // Whoever reads just now goes on by himself.
    if (this.#advancing) return;
    if (this.#ahead !== undefined) this.#advance(this.#ahead, 0, this.#ahead.length);
    else if (this.socket.readableEnded) this.#clientEnded();
  }

  #startUpgrade(request: Http1Request, head: Buffer): void {
    // Nobody would close a tunnel that opens now, and the drain would have to wait for it.
    const failure = this.#owner.draining ? "unavailable" : screenHandshake(request.rawHeaders);
    if (failure !== undefined) {
      this.refuse(failure);
      return;
    }
    const { socket } = this;
    this.#phase = "upgraded";
    this.#heads.forget();
    this.#giveBack();
    socket.off("end", this.#onEnd);
    socket.pause();
    socket.once("finish", () => endAfterUpgrade(socket, this.#owner.timeouts.lingerMs));
    this.#owner.onUpgrade(request, socket, head);
  }

  /** Answers the message that is being read with a refusal, and closes. */
  refuse(failure: ProtocolFailure): void {
    this.#owner.onProtocolFailure(failure);
    if (this.#client?.started === true) {
      this.socket.destroy();
      return;
    }
    this.socket.write(protocolAnswer(failure));
    this.#body = undefined;
    this.#end("linger");
    this.#abandon();
  }

  #checkIdle(nowMs: number): void {
    const { headerTimeoutMs, keepAliveTimeoutMs } = this.#owner.timeouts;
    if (this.#heads.begun) {
      if (nowMs - this.#heads.sinceMs >= headerTimeoutMs) this.refuse("request-timeout");
      return;
    }
    this.#heads.forget();
    // A connection that was opened in advance and never used is closed without a word, lest the word be taken for an answer.
    const limitMs = this.#used ? keepAliveTimeoutMs + KEEP_ALIVE_GRACE_MS : headerTimeoutMs;
    if (nowMs - this.#idleSinceMs >= limitMs) this.socket.destroy();
  }

  #closeAfterAnswer(request: Http1Request): void {
    // Whoever takes the rest of the body may go on for as long as the connection lingers.
    if (request.complete || !request.taken) {
      this.#request = undefined;
      this.#client = undefined;
      this.#body = undefined;
    }
    // With octets still unread the kernel would send RST, which takes the answer away from the client (RFC 9112 §9.6).
    this.#end(request.complete && this.#ahead === undefined ? "close" : "linger");
  }

  /** Nothing more is answered. Where octets may still come, they are read and thrown away until the client ends its side. */
  #end(how: "close" | "linger"): void {
    this.#phase = "lingering";
    this.#ahead = undefined;
    if (how === "close" || this.socket.readableEnded) this.socket.destroySoon();
    else {
      this.socket.end();
      this.socket.resume();
    }
  }

  #clientEnded(): void {
    if (this.#phase !== "open" || (this.#request === undefined && !this.#heads.begun)) this.#end("close");
    else if (this.#request === undefined || !this.#request.complete) this.refuse("bad-request");
    else graceAfterHalfClose(this.socket, this.#owner.timeouts.halfCloseGraceMs);
  }

  #onClose(): void {
    this.#phase = "closed";
    this.#abandon();
  }

  /** Whoever is at work on the request need not go on. */
  #abandon(): void {
    const request = this.#request;
    const client = this.#client;
    this.#request = undefined;
    this.#client = undefined;
    if (client !== undefined) client.gone = true;
    request?.bound?.onClientClosed();
  }
}
