import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import { GATEWAY_ERRORS, type GatewayErrorCode } from "../../../model/gateway-error.ts";
import { answersAsLastHop } from "../answers-as-last-hop.ts";
import type { ConnectionOwner } from "../connection-owner.ts";
import { Http2Client } from "./http2-client.ts";
import { Http2Request } from "./http2-request.ts";
import { readRequestHead } from "./request-fields.ts";

/** One request that has not been answered to its end. */
interface Open {
  readonly request: Http2Request;
  readonly client: Http2Client;
  bytesSeen: number;
  seenAtMs: number;
}

/** NO_ERROR (RFC 9113 §7): the answer is whole, and the rest of the request is not wanted (§8.1). */
const NO_ERROR = 0;
/** The shutdown notice (RFC 9113 §6.8): requests on their way are still taken. */
const HIGHEST_STREAM = 2 ** 31 - 1;

/** One client connection that speaks HTTP/2. Each of its streams is a request of the pipeline like any other. */
export class Http2Connection {
  readonly #session: ServerHttp2Session;
  readonly #socket: Socket;
  readonly #owner: ConnectionOwner;
  readonly #open = new Set<Open>();
  #idleSinceMs = performance.now();
  #wasUsed = false;

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

  /** Called every second or more often. Ends what is idle too long, and cuts a client whose body does not come although it could. */
  check(nowMs: number): void {
    const { timeouts } = this.#owner;
    const idleLimitMs = this.#wasUsed ? timeouts.keepAliveTimeoutMs : timeouts.headerTimeoutMs;
    // By requests, not by frames: PINGs, or a head that comes drop by drop, keep no connection open.
    if (this.#open.size === 0 && nowMs - this.#idleSinceMs > idleLimitMs) {
      if (this.#session.closed) this.destroy();
      else this.#session.close();
    }
    for (const open of this.#open) this.#checkBodyOf(open, nowMs);
  }

  /** Lets the client know that its next requests belong elsewhere. */
  closeWhenAnswered(): void {
    if (this.#session.destroyed) return;
    this.#session.goaway(NO_ERROR, HIGHEST_STREAM);
    // What it sent before it can have heard of it still gets its answer.
    this.#idleSinceMs = performance.now();
  }

  destroy(): void {
    this.#session.destroy();
  }

  #take(stream: ServerHttp2Stream, rawHeaders: readonly string[]): void {
    this.#wasUsed = true;
    // A stream that is reset is told of through its closing.
    stream.on("error", () => undefined);
    const head = readRequestHead(rawHeaders, !stream.endAfterHeaders);
    if (head.kind === "refused") {
      this.#refuse(stream, head.failure);
      return;
    }
    const request = new Http2Request(stream, this.#socket, head);
    const client = new Http2Client(stream);
    const open: Open = { request, client, bytesSeen: -1, seenAtMs: 0 };
    this.#open.add(open);
    stream.on("finish", () => this.#discardRest(request));
    stream.on("close", () => {
      this.#open.delete(open);
      this.#idleSinceMs = performance.now();
    });
    if (!answersAsLastHop(request, client, this.#owner.limits)) this.#owner.onRequest(request, client);
  }

  /** After an early answer the rest of the body is read and thrown away for a bounded time; then the client is told to stop. */
  #discardRest(request: Http2Request): void {
    if (request.complete) return;
    request.discardBody();
    setTimeout(() => request.stream.close(NO_ERROR), this.#owner.timeouts.lingerMs).unref();
  }

  #checkBodyOf(open: Open, nowMs: number): void {
    const { request } = open;
    if (request.complete) return;
    // Octets of all streams: who sends on one of them is alive, and each has a deadline of its own upstream.
    const { bytesRead } = this.#socket;
    if (bytesRead !== open.bytesSeen || request.blocked) {
      open.bytesSeen = bytesRead;
      open.seenAtMs = nowMs;
    } else if (nowMs - open.seenAtMs >= this.#owner.timeouts.bodyIdleTimeoutMs) {
      if (open.client.started) open.client.cut();
      else this.#refuse(request.stream, "request-timeout");
    }
  }

  #refuse(stream: ServerHttp2Stream, code: GatewayErrorCode): void {
    this.#owner.onProtocolFailure(code);
    const { status, title } = GATEWAY_ERRORS[code];
    const body = JSON.stringify({ type: `urn:figway:problem:${code}`, title, status, code });
    stream.respond({ ":status": status, "content-type": "application/problem+json", "cache-control": "no-store" });
    stream.end(`${body}\n`);
    stream.resume();
    setTimeout(() => stream.close(NO_ERROR), this.#owner.timeouts.lingerMs).unref();
  }
}
