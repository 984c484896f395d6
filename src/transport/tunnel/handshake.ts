import { Socket } from "node:net";
import type { FailureCode, FailureParty, FailurePhase, Outcome } from "../../model/outcome.ts";
import { endToEndAnswerFields } from "../end-to-end-fields.ts";
import { parseResponseHead, type ResponseHead } from "../http1/parse-head.ts";
import { writeRequestHead } from "../http1/request-head.ts";
import { MAX_HEAD_BYTES } from "../http1/response-parser.ts";
import { fieldLines } from "../inbound/http1/answer-lines.ts";
import type { TunnelOptions } from "../tunnel.ts";
import { connectUpstream } from "./connect-upstream.ts";
import { Tunnel } from "./open-tunnel.ts";
import { RefusalRelay } from "./relay-refusal.ts";

const EMPTY = Buffer.alloc(0);
/** What a client may send ahead of the 101 before it is no longer read. */
const MAX_EARLY_BYTES = 65_536;
const MAX_INFORMATION = 16;
const DEFAULT_IDLE_TIMEOUT_MS = 300_000;
const DEFAULT_LINGER_MS = 2_000;
/** A client that ends its side during the handshake has most likely left. */
const CLIENT_END_GRACE_MS = 600;

/** From the request for a WebSocket to the upstream's final answer. */
export class Handshake {
  readonly #options: TunnelOptions;
  readonly #resolve: (outcome: Outcome) => void;
  #upstream: Socket = new Socket();
  #timer: NodeJS.Timeout | undefined;
  #phase: FailurePhase = "connect";
  #early: Buffer[] = [];
  #earlyBytes = 0;
  #clientEnded = false;
  #received: Buffer = EMPTY;
  #informationCount = 0;
  #error: Error | undefined;
  #refusal: RefusalRelay | undefined;
  #over = false;

  constructor(options: TunnelOptions, resolve: (outcome: Outcome) => void) {
    this.#options = options;
    this.#resolve = resolve;
  }

  start(): void {
    const { socket: client, head, upstream } = this.#options;
    if (upstream.status().health === "ejected") {
      this.#fail("gateway", "ejected", "the upstream is ejected");
      return;
    }
    this.#connect();
    this.#keepEarly(head);
    client.on("error", () => undefined);
    client.on("data", this.#onClientData);
    client.on("end", this.#onClientEnd);
    client.on("close", this.#onClientClose);
    client.resume();
    const { connectTimeoutMs } = upstream.limits;
    this.#deadline(connectTimeoutMs, "connect-timeout", `no connection within ${connectTimeoutMs} ms`);
  }

  #connect(): void {
    const { socket, readyEvent } = connectUpstream(this.#options.upstream.endpoint);
    this.#upstream = socket;
    socket.on("error", (error) => {
      this.#error = error;
    });
    socket.on(readyEvent, () => this.#send());
    socket.on("data", this.#onUpstreamData);
    socket.on("end", this.#onUpstreamGone);
    socket.on("close", this.#onUpstreamGone);
  }

  #send(): void {
    const { outbound, upstream } = this.#options;
    const head = writeRequestHead({
      method: "GET",
      target: outbound.target,
      headers: [...outbound.headers, "Connection", "Upgrade", "Upgrade", "websocket"],
      framing: { kind: "none", length: 0, trailer: undefined, expectsContinue: false },
      defaultHost: upstream.authority,
    });
    if (head === undefined) {
      this.#fail("gateway", "internal", "the request cannot be written: a target or field is malformed");
      return;
    }
    this.#phase = "response-head";
    const { firstByteTimeoutMs } = upstream.limits;
    this.#deadline(firstByteTimeoutMs, "first-byte-timeout", `no answer within ${firstByteTimeoutMs} ms`);
    this.#upstream.write(head, "latin1");
  }

  readonly #onUpstreamData = (chunk: Buffer): void => {
    if (this.#refusal !== undefined) return this.#refusal.take(chunk);
    this.#received = this.#received.length === 0 ? chunk : Buffer.concat([this.#received, chunk]);
    while (!this.#over && this.#refusal === undefined && this.#received.length > 0) {
      const end = this.#received.indexOf("\r\n\r\n");
      if (end === -1) return this.#checkPartial();
      const head = parseResponseHead(this.#received.toString("latin1", 0, end + 2));
      if (typeof head === "string") return this.#fail("upstream", "invalid-response", head);
      this.#onHead(head, end + 4);
    }
  };

  #onHead(head: ResponseHead, end: number): void {
    if (head.status === 101) {
      this.#received = this.#received.subarray(end);
      try {
        this.#switch(head);
      } catch (error) {
        this.#fail("gateway", "internal", `the answer could not be passed on: ${String(error)}`);
      }
    } else if (head.status < 200) {
      this.#received = this.#received.subarray(end);
      if (++this.#informationCount > MAX_INFORMATION) {
        this.#fail("upstream", "invalid-response", "there are too many interim answers");
      }
    } else this.#relayRefusal(head.status);
  }

  /** Refuses at once what can no longer become a head, so that a banner does not wait for a timeout. */
  #checkPartial(): void {
    const text = this.#received.toString("latin1", 0, MAX_HEAD_BYTES + 1);
    const wrong = text.length > MAX_HEAD_BYTES || !"HTTP/1.".startsWith(text.slice(0, 7)) || /(?:^|[^\r])\n/.test(text);
    if (wrong) this.#fail("upstream", "invalid-response", "the answer is no HTTP/1 head");
  }

  #switch(head: ResponseHead): void {
    const { client, translated } = this.#switchFields(head);
    if (translated === undefined) {
      this.#fail("upstream", "invalid-response", "the upstream switches to something else than a WebSocket");
      return;
    }
    this.#release();
    const tunnel = new Tunnel({
      client,
      upstream: this.#upstream,
      idleTimeoutMs: this.#options.idleTimeoutMs ?? DEFAULT_IDLE_TIMEOUT_MS,
      onClosed: () => {
        const { side, upstream } = this.#options.outbound;
        this.#resolve({ kind: "answered", side, upstream, status: 101 });
      },
    });
    client.write(
      `HTTP/1.1 101 ${head.statusText}\r\n${translated}Connection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
      "latin1",
    );
    this.#over = true;
    this.#options.upstream.observe(undefined);
    this.#options.onOpen?.(tunnel);
    tunnel.start(Buffer.concat(this.#early), this.#received);
    if (this.#clientEnded) this.#upstream.end();
  }

  /** The 101's fields as lines, or undefined where it is no switch to a WebSocket (RFC 6455 §4.1; RFC 9110 §15.2.2). */
  #switchFields(head: ResponseHead): { client: TunnelOptions["socket"]; translated: string | undefined } {
    const { socket: client, outbound } = this.#options;
    let upgrade = "";
    for (let i = 0; i < head.headers.length; i += 2) {
      if (head.headers[i]?.toLowerCase() === "upgrade") upgrade += `,${head.headers[i + 1]}`;
    }
    if (upgrade.toLowerCase() !== ",websocket") return { client, translated: undefined };
    const fields = outbound.translateAnswer(101, endToEndAnswerFields(head.headers, 101));
    return { client, translated: fieldLines(fields) };
  }

  #relayRefusal(status: number): void {
    const { socket: client, outbound, upstream, lingerMs = DEFAULT_LINGER_MS } = this.#options;
    this.#release();
    this.#phase = "response-body";
    const refusal = new RefusalRelay({
      client,
      upstream: this.#upstream,
      translateAnswer: outbound.translateAnswer,
      idleTimeoutMs: upstream.limits.idleTimeoutMs,
      lingerMs,
      onDone: (wrong) => {
        if (wrong === undefined) {
          this.#over = true;
          upstream.observe(undefined);
          this.#resolve({ kind: "answered", side: outbound.side, upstream: outbound.upstream, status });
        } else this.#settle("upstream", refusal.started ? "truncated-response" : "invalid-response", wrong);
      },
    });
    this.#refusal = refusal;
    this.#upstream.on("data", this.#onUpstreamData);
    client.resume();
    refusal.take(this.#received);
    this.#received = EMPTY;
  }

  readonly #onClientData = (chunk: Buffer): void => {
    this.#keepEarly(chunk);
    if (this.#earlyBytes >= MAX_EARLY_BYTES) this.#options.socket.pause();
  };

  #keepEarly(chunk: Buffer): void {
    if (chunk.length === 0) return;
    this.#early.push(chunk);
    this.#earlyBytes += chunk.length;
  }

  readonly #onClientEnd = (): void => {
    this.#clientEnded = true;
    this.#deadline(CLIENT_END_GRACE_MS, "client-gone", "the client ended its side during the handshake");
  };

  readonly #onClientClose = (): void => this.#fail("client", "client-gone", "the client closed its connection");

  readonly #onUpstreamGone = (): void => {
    if (this.#phase === "connect") this.#fail("upstream", "connect-failed", this.#error?.message ?? "no connection");
    else this.#fail("upstream", "connection-lost", this.#error?.message ?? "the connection was closed");
  };

  #deadline(ms: number, code: FailureCode, detail: string): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#fail(code === "client-gone" ? "client" : "upstream", code, detail), ms);
  }

  /** Takes the handshake's hands off both sockets. */
  #release(): void {
    const { socket: client } = this.#options;
    clearTimeout(this.#timer);
    client.off("data", this.#onClientData);
    client.off("end", this.#onClientEnd);
    client.off("close", this.#onClientClose);
    this.#upstream.off("data", this.#onUpstreamData);
    this.#upstream.off("end", this.#onUpstreamGone);
    this.#upstream.off("close", this.#onUpstreamGone);
  }

  #fail(party: FailureParty, code: FailureCode, detail: string): void {
    if (this.#over) return;
    this.#release();
    this.#upstream.destroy();
    this.#settle(party, code, detail);
  }

  #settle(party: FailureParty, code: FailureCode, detail: string): void {
    if (this.#over) return;
    this.#over = true;
    const { outbound, upstream } = this.#options;
    const failure = { phase: this.#phase, party, code, detail };
    const responseStarted = this.#refusal?.started === true;
    upstream.observe(failure);
    this.#resolve({ kind: "failed", side: outbound.side, upstream: outbound.upstream, failure, responseStarted });
  }
}
