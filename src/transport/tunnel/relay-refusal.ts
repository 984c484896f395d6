import type { Duplex } from "node:stream";
import type { Outbound } from "../../model/outbound.ts";
import { endToEndAnswerFields } from "../end-to-end-fields.ts";
import type { AnswerFacts } from "../http1/answer-framing.ts";
import type { ResponseHead } from "../http1/parse-head.ts";
import { type ResponseHandler, ResponseParser } from "../http1/response-parser.ts";
import { fieldLines } from "../inbound/http1/answer-lines.ts";
import { forwardableTrailers, lastChunk } from "../trailer-fields.ts";

export interface RefusalOptions {
  readonly client: Duplex;
  readonly upstream: Duplex;
  readonly translateAnswer: Outbound["translateAnswer"];
  /** The most time in which neither side moves, in milliseconds. */
  readonly idleTimeoutMs: number;
  /** How long the client's further octets are read and thrown away, so that it can read the answer. */
  readonly lingerMs: number;
  /** Called once: `undefined` when the answer was handed over, else what broke it. */
  readonly onDone: (wrong: string | undefined) => void;
}

/** Relays an upstream's plain answer to an upgrade, then closes: what the client has sent since was meant for a tunnel. */
export class RefusalRelay implements ResponseHandler {
  readonly #options: RefusalOptions;
  readonly #parser = new ResponseParser();
  readonly #idle: NodeJS.Timeout;
  started = false;
  #chunked = false;
  #done = false;

  constructor(options: RefusalOptions) {
    this.#options = options;
    this.#parser.begin("GET", this);
    const { client, upstream, idleTimeoutMs } = options;
    this.#idle = setTimeout(() => this.#fail(`the refusal stood still for ${idleTimeoutMs} ms`), idleTimeoutMs);
    client.on("close", () => this.#fail("the client closed its connection"));
    upstream.on("end", () => {
      const wrong = this.#parser.finish();
      if (wrong !== undefined) this.#fail(wrong);
    });
    upstream.on("close", () => this.#fail("the connection was closed"));
  }

  take(bytes: Buffer): void {
    if (this.#done) return;
    this.#idle.refresh();
    const wrong = this.#parser.execute(bytes, bytes.length);
    // Octets after a complete answer are nobody's: the connection goes with them.
    if (wrong !== undefined && wrong !== "surplus") this.#fail(wrong);
  }

  onInformation(): void {
    // A client that asked for a WebSocket has no use for hints.
  }

  onHead(head: ResponseHead, facts: AnswerFacts): void {
    let text = `HTTP/1.1 ${head.status} ${head.statusText}\r\n`;
    try {
      text += fieldLines(this.#options.translateAnswer(head.status, endToEndAnswerFields(head.headers, head.status)));
    } catch (error) {
      this.#fail(`the answer could not be passed on: ${String(error)}`);
      return;
    }
    this.#chunked = facts.framing.kind === "chunked" || facts.framing.kind === "until-close";
    if (this.#chunked) text += "Transfer-Encoding: chunked\r\n";
    this.started = true;
    this.#options.client.write(`${text}Connection: close\r\n\r\n`, "latin1");
  }

  onBody(bytes: Buffer, start: number, end: number): void {
    const { client, upstream } = this.#options;
    if (this.#chunked) client.write(`${(end - start).toString(16)}\r\n`);
    let goOn = client.write(bytes.subarray(start, end));
    if (this.#chunked) goOn = client.write("\r\n");
    if (goOn || upstream.isPaused()) return;
    upstream.pause();
    client.once("drain", () => {
      this.#idle.refresh();
      upstream.resume();
    });
  }

  onEnd(trailers: readonly string[]): void {
    const { client, lingerMs } = this.#options;
    if (this.#chunked) client.write(lastChunk(forwardableTrailers(trailers)), "latin1");
    this.#finish(undefined);
    client.end();
    client.resume();
    setTimeout(() => client.destroy(), lingerMs).unref();
  }

  #fail(wrong: string): void {
    if (this.#done) return;
    this.#parser.stop();
    if (this.started) this.#options.client.destroy();
    this.#finish(wrong);
  }

  #finish(wrong: string | undefined): void {
    if (this.#done) return;
    this.#done = true;
    clearTimeout(this.#idle);
    this.#options.upstream.destroy();
    this.#options.onDone(wrong);
  }
}
