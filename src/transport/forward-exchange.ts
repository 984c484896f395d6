import type { Outbound } from "../model/outbound.ts";
import type { FailureCode, FailureParty, Outcome, UpstreamFailure } from "../model/outcome.ts";
import type { ClientSide } from "./client-side.ts";
import type { ClientBound, ClientRequest } from "./client-request.ts";
import { Deadlines, failurePhaseOf } from "./deadlines.ts";
import { endToEndAnswerFields } from "./end-to-end-fields.ts";
import type { AnswerFacts } from "./http1/answer-framing.ts";
import type { Connection } from "./http1/connection.ts";
import type { Exchange } from "./http1/exchange.ts";
import type { ResponseHead } from "./http1/parse-head.ts";
import { writeRequestHead } from "./http1/request-head.ts";
import type { ExchangePhase } from "./overdue.ts";
import { RequestBody } from "./request-body.ts";
import { hasBody } from "./request-framing.ts";
import { forwardableTrailers } from "./trailer-fields.ts";
import type { Upstream } from "./upstream.ts";

export interface ForwardOptions {
  readonly request: ClientRequest;
  readonly client: ClientSide;
  readonly outbound: Outbound;
  readonly upstream: Upstream;
}

/** RFC 9110 §9.2.2, without those that figway does not forward. */
const IDEMPOTENT = new Set(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"]);
/** The most interim answers that are relayed in one exchange; more is an attack on the client. */
const MAX_INFORMATION = 32;
/** Bounds of an answer that is kept back until it is complete. */
const HELD_BYTES = 65_536;
const HELD_MS = 2_000;

/** One request on its way to an upstream, and its answer on the way back. */
export class ForwardExchange implements Exchange, ClientBound {
  readonly method: string;
  readonly replayable: boolean;
  readonly #options: ForwardOptions;
  readonly #resolve: (outcome: Outcome) => void;
  readonly #client: ClientSide;
  readonly #body: RequestBody | undefined;
  readonly #head: string | undefined;
  readonly #deadlines: Deadlines;
  #connection: Connection | undefined;
  #phase: ExchangePhase = "connect";
  #informationCount = 0;
  #status = 0;
  #awaitsClient = false;
  #upstreamCloses = false;
  #sent = false;
  #ticking = false;
  /** Until when the answer is kept back, in monotonic milliseconds; 0: it is not. */
  #heldUntilMs = 0;

  constructor(options: ForwardOptions, resolve: (outcome: Outcome) => void) {
    const { outbound, upstream, request } = options;
    const { framing } = request.facts;
    this.#options = options;
    this.#resolve = resolve;
    this.#client = options.client;
    this.method = outbound.method;
    this.replayable = !hasBody(framing) && IDEMPOTENT.has(outbound.method);
    this.#deadlines = new Deadlines(upstream.clock, upstream.limits, outbound.limits.totalTimeoutMs);
    this.#head = writeRequestHead({
      method: outbound.method,
      target: outbound.target,
      headers: outbound.headers,
      received: request.rawHeaders,
      minted: outbound.minted,
      framing,
      defaultHost: upstream.authority,
    });
    if (hasBody(framing)) {
      const onProgress = () => this.#deadlines.touch();
      this.#body = new RequestBody({
        request,
        maxBodyBytes: outbound.limits.maxBodyBytes,
        onProgress,
        onWritten: () => this.#onRequestWritten(),
        onTooLarge: () => this.#fail("client", "body-too-large", "the request body is larger than allowed"),
      });
    }
  }

  start(): void {
    const { outbound, upstream, request } = this.#options;
    const max = outbound.limits.maxBodyBytes;
    request.watch(this);
    if (this.#client.gone) this.onClientClosed();
    else if (this.#head === undefined) {
      this.#fail("gateway", "internal", "the request cannot be written: a method, target or field is malformed");
    } else if (max !== undefined && request.facts.framing.length > max) {
      this.#fail("client", "body-too-large", "the request body is larger than allowed");
    } else upstream.dispatch(this);
  }

  onConnection(connection: Connection): void {
    this.#connection = connection;
    this.#phase = "request";
    const head = this.#head as string;
    if (this.#body !== undefined) {
      this.#deadlines.touch();
      this.#body.start(connection, head);
    } else {
      connection.writeWhole(head);
      this.#onRequestWritten();
    }
  }

  onInformation(head: ResponseHead): void {
    this.#deadlines.touch();
    if (++this.#informationCount > MAX_INFORMATION) {
      this.#fail("upstream", "invalid-response", "there are too many interim answers");
      return;
    }
    try {
      if (!this.#client.gone) this.#client.information(head.status, endToEndAnswerFields(head.headers, head.status));
    } catch (error) {
      this.#failUnwritable(error);
    }
  }

  onHead(head: ResponseHead, facts: AnswerFacts): void {
    if (this.#phase === "first-byte") this.#phase = "answer";
    this.#status = head.status;
    this.#upstreamCloses = !facts.reusable;
    try {
      const fields = endToEndAnswerFields(head.headers, head.status);
      const translated = this.#options.outbound.translateAnswer(head.status, fields);
      this.#client.head(head.status, head.statusText, translated, facts.framing);
      if (this.#options.outbound.holdAnswer?.(head.status, fields) === true) {
        this.#heldUntilMs = this.#options.upstream.clock() + HELD_MS;
        this.#client.gatherUpTo(HELD_BYTES);
      }
    } catch (error) {
      this.#failUnwritable(error);
    }
  }

  onBody(bytes: Buffer, start: number, end: number): void {
    if (this.#phase === "over") return;
    try {
      this.#client.body(bytes, start, end);
    } catch (error) {
      this.#failUnwritable(error);
    }
  }

  onReadDone(): void {
    if (this.#phase === "over" || this.#phase === "flush" || this.#status === 0) return;
    this.#deadlines.touch();
    if (this.#heldUntilMs > 0 && this.#client.gatheredBytes < HELD_BYTES) return;
    this.#sendGathered();
  }

  #sendGathered(): void {
    this.#heldUntilMs = 0;
    try {
      if (this.#client.flush() || this.#awaitsClient) return;
    } catch (error) {
      this.#failUnwritable(error);
      return;
    }
    this.#awaitsClient = true;
    this.#connection?.pause();
    this.#client.onDrain(() => this.#onClientDrain());
  }

  onEnd(trailers: readonly string[]): void {
    if (this.#phase === "over") return;
    // An error, or an upstream that closes, says that the rest of the body is not wanted (RFC 9112 §9.3); any other early
    // answer leaves the upload running, since the upstream may well be reading on.
    if (this.#uploading && (this.#status >= 400 || this.#upstreamCloses)) this.#endUpload();
    try {
      this.#options.outbound.answerEnded?.();
      this.#client.end(forwardableTrailers(trailers));
    } catch (error) {
      this.#failUnwritable(error);
      return;
    }
    this.#phase = "flush";
    // It carries another exchange from now on, and is nothing of ours any more.
    if (!this.#uploading) this.#connection = undefined;
    if (this.#client.sent) return this.#onSent();
    this.#client.onSent(() => this.#onSent());
    // Without a connection of its own nobody looks at its deadlines any more.
    this.#ticking = true;
    this.#options.upstream.ticker.add(this);
  }

  onDrain(): void {
    this.#body?.onDrain();
  }

  onFailure(failure: UpstreamFailure): void {
    this.#connection = undefined;
    // The answer is complete: what is lost is the connection over which the rest of the upload went.
    if (this.#phase === "flush") this.#endUpload();
    else this.#settle(failure);
  }

  /** The connection to the client is gone. */
  onClientClosed(): void {
    if (this.#phase === "flush") this.#endUpload();
    this.#fail("client", "client-gone", "the client closed its connection");
  }

  onTick(nowMs: number): void {
    if (this.#heldUntilMs > 0 && nowMs >= this.#heldUntilMs && this.#phase === "answer") this.#sendGathered();
    const missed = this.#deadlines.missed(this.#phase, this.#waitsFor(), nowMs);
    if (missed === undefined) return;
    // The client has its answer; only the rest of its upload stands still.
    if (this.#sent) this.#endUpload();
    else this.#abort(missed);
  }

  get #uploading(): boolean {
    return this.#body !== undefined && !this.#body.done;
  }

  #waitsFor(): "client" | "upstream" {
    if (this.#phase === "flush" || this.#awaitsClient) return "client";
    return this.#phase === "request" ? (this.#body?.waitsFor ?? "upstream") : "upstream";
  }

  #onRequestWritten(): void {
    this.#deadlines.touch();
    if (this.#phase === "request") this.#phase = "first-byte";
    this.#connection?.requestWritten();
    if (this.#phase === "flush") this.#connection = undefined;
    this.#settleIfDone();
  }

  #endUpload(): void {
    this.#body?.stop();
    this.#connection?.destroy();
    this.#connection = undefined;
    this.#discardBody();
    if (this.#phase === "flush") this.#settleIfDone();
  }

  #onClientDrain(): void {
    this.#awaitsClient = false;
    this.#deadlines.touch();
    this.#connection?.resume();
  }

  #onSent(): void {
    this.#sent = true;
    this.#settleIfDone();
  }

  #settleIfDone(): void {
    if (this.#sent && !this.#uploading) this.#settle(undefined);
  }

  #fail(party: FailureParty, code: FailureCode, detail: string): void {
    this.#abort({ phase: failurePhaseOf(this.#phase), party, code, detail });
  }

  #failUnwritable(error: unknown): void {
    this.#fail("gateway", "internal", `the answer could not be passed on: ${String(error)}`);
  }

  /** Ends the exchange from this side. */
  #abort(failure: UpstreamFailure): void {
    if (this.#phase === "over") return;
    if (this.#connection === undefined) this.#options.upstream.pool.cancel(this);
    else this.#connection.destroy();
    this.#connection = undefined;
    this.#settle(failure);
  }

  #settle(failure: UpstreamFailure | undefined): void {
    if (this.#phase === "over") return;
    const { outbound, request, upstream } = this.#options;
    const { side, upstream: name } = outbound;
    this.#phase = "over";
    if (this.#ticking) upstream.ticker.delete(this);
    request.watch(undefined);
    this.#body?.stop();
    upstream.observe(failure);
    if (failure === undefined) {
      this.#resolve({ kind: "answered", side, upstream: name, status: this.#status });
      return;
    }
    const responseStarted = this.#client.started;
    if (responseStarted) this.#client.cut();
    else this.#discardBody();
    this.#resolve({ kind: "failed", side, upstream: name, failure, responseStarted });
  }

  /**
   * What is left of a body that was begun is read and thrown away, so that the client gets to read an answer given early; for how
   * long is the listener's to say. A body that was not begun is left alone: a fallback to legacy may want it.
   */
  #discardBody(): void {
    if (this.#body?.consumed === true) this.#options.request.discardBody();
  }
}
