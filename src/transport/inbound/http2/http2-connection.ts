import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { GATEWAY_ERRORS, type GatewayErrorCode } from "../../../model/gateway-error.ts";
import { answersAsLastHop } from "../answers-as-last-hop.ts";
import type { ConnectionOwner } from "../connection-owner.ts";
import { Http2Client } from "./http2-client.ts";
import { Http2Request } from "./http2-request.ts";
import { readRequestHead } from "./request-fields.ts";
import { StreamPace } from "./stream-pace.ts";

/** One request that has not been answered to its end. */
interface Open {
  readonly request: Http2Request;
  readonly client: Http2Client;
  readonly pace: StreamPace;
}

/** NO_ERROR (RFC 9113 §7): the answer is whole, and the rest of the request is not wanted (§8.1). */
const NO_ERROR = 0;
/** Nothing was done with the request: it may be sent again (RFC 9113 §8.7). */
const REFUSED_STREAM = 7;

/** One client connection that speaks HTTP/2. Each of its streams is a request of the pipeline like any other. */
export class Http2Connection {
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #open = new Set<Open>();
  #idleSinceMs = performance.now();
  #wasUsed = false;
  #ending = false;
  /** The last stream that is answered; those beyond it were said to be left alone. */
  #lastStream = Number.POSITIVE_INFINITY;

  constructor(session: ServerHttp2Session, socket: Socket, owner: ConnectionOwner) {
    this.#session = session;
    this.#socket = socket;
    this.#owner = owner;
    session.on("stream", (stream, _headers, _flags, rawHeaders) => this.#take(stream, rawHeaders));
    // Told with a GOAWAY by then; an error without a listener would end the process.
    session.on("error", () => undefined);
    socket.on("error", () => undefined);
    if (owner.draining) this.closeWhenAnswered();
  }

  /** Milliseconds (of `performance.now()`) since when nothing has been asked; undefined: busy. */
  get idleSinceMs(): number | undefined {
    return this.#open.size === 0 ? this.#idleSinceMs : undefined;
  }

  /** Called every second or more often. Ends what is idle too long, and streams that do not move although they could. */
  check(nowMs: number): void {
    const { timeouts } = this.#owner;
    const idleLimitMs = this.#wasUsed ? timeouts.keepAliveTimeoutMs : timeouts.headerTimeoutMs;
    // By requests, not by frames: PINGs, or a head that comes drop by drop, keep no connection open.
    if (this.#open.size === 0 && nowMs - this.#idleSinceMs > idleLimitMs) {
      if (this.#session.closed) this.destroy();
      else this.#session.close();
    }
    for (const open of this.#open) this.#checkPaceOf(open, nowMs);
  }

  /**
   * Lets the client know that its next requests belong elsewhere, and which one was the last that is answered. Behind a GOAWAY
   * nghttp2 passes requests over in silence, also behind the notice of RFC 9113 §6.8, which would promise an answer to them.
   */
  closeWhenAnswered(): void {
    if (this.#session.destroyed) return;
    this.#lastStream = this.#session.state.lastProcStreamID ?? 0;
    this.#session.goaway(NO_ERROR, this.#lastStream);
    // It is given the time to hear of it.
    this.#idleSinceMs = performance.now();
  }

  destroy(): void {
    this.#session.destroy();
    if (this.#ending) return;
    this.#ending = true;
    // Node waits for a client that does not take what was sent last, or that does not close its side.
    setTimeout(() => this.#socket.destroy(), this.#owner.timeouts.lingerMs).unref();
  }

  #take(stream: ServerHttp2Stream, rawHeaders: readonly string[]): void {
    this.#wasUsed = true;
    // A stream that is reset is told of through its closing.
    stream.on("error", () => undefined);
    // Reset in the meantime.
    if (stream.closed) return;
    // It came before the GOAWAY went out, but not before that was written.
    if ((stream.id ?? 0) > this.#lastStream) {
      stream.close(REFUSED_STREAM);
      return;
    }
    const { maxHeaderBytes } = this.#owner.limits;
    const head = readRequestHead(rawHeaders, !stream.endAfterHeaders, maxHeaderBytes);
    if (head.kind === "refused") {
      this.#refuse(stream, head.failure);
      return;
    }
    const request = new Http2Request(stream, this.#socket, head, maxHeaderBytes);
    const client = new Http2Client(stream, () => this.#awaitRest(request));
    const open: Open = { request, client, pace: new StreamPace(this.#owner.timeouts) };
    this.#open.add(open);
    stream.on("close", () => this.#close(open));
    if (!answersAsLastHop(request, client, this.#owner.limits)) this.#owner.onRequest(request, client);
  }

  #close(open: Open): void {
    if (this.#open.delete(open)) this.#idleSinceMs = performance.now();
  }

  /**
   * After an early answer the rest of the body goes on for as long as somebody takes it. What nobody takes is read and thrown away
   * for a bounded time; then the client is told to stop.
   */
  #awaitRest(request: Http2Request): void {
    if (request.complete) return;
    if (!request.taken) request.discardBody();
    const onTime = (): void => {
      if (request.taken && !request.stream.closed) this.#awaitRest(request);
      else request.stream.close(NO_ERROR);
    };
    setTimeout(onTime, this.#owner.timeouts.lingerMs).unref();
  }

  #checkPaceOf(open: Open, nowMs: number): void {
    const { request, client, pace } = open;
    // Reset with NO_ERROR, a stream waits for somebody to read its body; closed by us, for the client to take the reset.
    if (request.stream.closed) request.stream.destroy();
    else if (pace.answerIsStuck(client, nowMs)) client.cut();
    else if (pace.bodyIsTooSlow(request, client, nowMs)) this.#giveUpBodyOf(open);
  }

  #giveUpBodyOf(open: Open): void {
    const { request, client } = open;
    if (client.ended && client.sent) request.stream.close(NO_ERROR);
    else if (client.started) client.cut();
    else {
      client.refuse();
      this.#close(open);
      this.#refuse(request.stream, "request-timeout");
      request.abandon();
    }
  }

  #refuse(stream: ServerHttp2Stream, code: GatewayErrorCode): void {
    this.#owner.onProtocolFailure(code);
    const { status, title } = GATEWAY_ERRORS[code];
    const body = JSON.stringify({ type: `urn:figway:problem:${code}`, title, status, code });
    stream.respond({ ":status": status, "content-type": "application/problem+json", "cache-control": "no-store" });
    stream.end(`${body}\n`);
    stream.resume();
    setTimeout(() => this.#giveUp(stream), this.#owner.timeouts.lingerMs).unref();
  }

  #giveUp(stream: ServerHttp2Stream): void {
    if (stream.writableFinished) stream.close(NO_ERROR);
    // `close` would wait for a client that takes nothing.
    else stream.destroy(new Error("the answer was not taken"));
  }
}
