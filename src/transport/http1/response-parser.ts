import { type AnswerFacts, readAnswerFacts } from "./answer-framing.ts";
import { ChunkedDecoder } from "./chunked-decoder.ts";
import { parseResponseHead, type ResponseHead } from "./parse-head.ts";

/** The largest head of an answer, in octets. nginx's default is 4 to 8 KB, Node's 16; cookies of old monoliths need more. */
export const MAX_HEAD_BYTES = 65_536;
/** What is looked at first for the end of a head, so that a large first read is not copied whole into a string. */
const FIRST_LOOK_BYTES = 4_096;

/** Receives the parts of an answer, in order. `bytes` is only lent for the call: who keeps octets copies them. */
export interface ResponseHandler {
  /** An interim answer, 1xx. */
  onInformation(head: ResponseHead): void;
  onHead(head: ResponseHead, facts: AnswerFacts): void;
  onBody(bytes: Buffer, start: number, end: number): void;
  onEnd(trailers: readonly string[]): void;
}

type State = "idle" | "head" | "length" | "chunked" | "until-close" | "stopped";

/**
 * Reads the answers of one connection, one exchange after another (RFC 9112). Strict: what two readers could take in two ways
 * is a failure, returned in words. Knows nothing of sockets.
 */
export class ResponseParser {
  /** Whether a single octet has come since `begin`. */
  started = false;
  #state: State = "idle";
  #method = "";
  #handler: ResponseHandler | undefined;
  /** The head as far as it has come, where it came in more than one piece. */
  #partialHead = "";
  #remaining = 0;
  readonly #chunked = new ChunkedDecoder();

  /** Makes ready for the answer to a request with this method. */
  begin(method: string, handler: ResponseHandler): void {
    this.started = false;
    this.#state = "head";
    this.#method = method;
    this.#handler = handler;
    this.#partialHead = "";
  }

  /** No handler is called any more; further octets are ignored. */
  stop(): void {
    this.#state = "stopped";
    this.#handler = undefined;
  }

  /** Whether no answer is under way. */
  get idle(): boolean {
    return this.#state === "idle";
  }

  /**
   * Takes `bytes[0, length)`. Returns undefined, or what is wrong in words. Octets after the end of an answer, or while none
   * is expected, are `"surplus"`: the exchange is over and well, but the connection must not be used again.
   */
  execute(bytes: Buffer, length: number): string | undefined {
    let at = 0;
    while (at < length) {
      if (this.#state === "idle") return "surplus";
      if (this.#state === "stopped") return undefined;
      this.started = true;
      const next = this.#step(bytes, at, length);
      if (typeof next === "string") return next;
      at = next;
    }
    return undefined;
  }

  /** The upstream has closed its side. Returns undefined where that ends an answer or comes between two; else what is wrong. */
  finish(): string | undefined {
    if (this.#state === "until-close") this.#complete([]);
    else if (this.#state !== "idle" && this.#state !== "stopped")
      return "the connection was closed before the answer was complete";
    return undefined;
  }

  #step(bytes: Buffer, at: number, end: number): number | string {
    switch (this.#state) {
      case "head":
        return this.#takeHead(bytes, at, end);
      case "length":
        return this.#takeLength(bytes, at, end);
      case "chunked":
        return this.#takeChunked(bytes, at, end);
      case "until-close":
        this.#handler?.onBody(bytes, at, end);
        return end;
      case "idle":
      case "stopped":
        return end;
      default:
        return this.#state satisfies never;
    }
  }

  #takeHead(bytes: Buffer, at: number, end: number): number | string {
    const lookEnd = Math.min(end, at + FIRST_LOOK_BYTES);
    const text = this.#partialHead + bytes.toString("latin1", at, lookEnd);
    const searchFrom = Math.max(0, this.#partialHead.length - 3);
    const headEnd = text.indexOf("\r\n\r\n", searchFrom);
    if (headEnd === -1) {
      const wrong = checkPartialHead(text, searchFrom);
      if (wrong !== undefined) return wrong;
      this.#partialHead = text;
      return lookEnd;
    }
    const taken = headEnd + 4 - this.#partialHead.length;
    this.#partialHead = "";
    const head = parseResponseHead(text, headEnd + 2);
    if (typeof head === "string") return head;
    return this.#acceptHead(head) ?? at + taken;
  }

  #acceptHead(head: ResponseHead): string | undefined {
    if (head.status < 200) {
      // figway asks for no upgrade here, so a switch of protocols is the answer to a question nobody put (RFC 9110 §15.2.2).
      if (head.status === 101) return "the upstream switches protocols unasked";
      this.#handler?.onInformation(head);
      return undefined;
    }
    const facts = readAnswerFacts(this.#method, head);
    if (typeof facts === "string") return facts;
    const framing = facts.framing;
    if (framing.kind === "length") this.#remaining = framing.length;
    else if (framing.kind === "chunked") this.#chunked.reset();
    this.#state = framing.kind === "none" ? "idle" : framing.kind;
    const handler = this.#handler;
    handler?.onHead(head, facts);
    if (framing.kind === "none" && this.#handler === handler) this.#complete([]);
    return undefined;
  }

  #takeLength(bytes: Buffer, at: number, end: number): number {
    const taken = Math.min(this.#remaining, end - at);
    this.#remaining -= taken;
    this.#handler?.onBody(bytes, at, at + taken);
    if (this.#remaining === 0 && this.#state === "length") this.#complete([]);
    return at + taken;
  }

  #takeChunked(bytes: Buffer, at: number, end: number): number | string {
    const handler = this.#handler;
    if (handler === undefined) return end;
    const next = this.#chunked.decode(bytes, at, end, handler);
    if (typeof next === "number" && this.#chunked.done && this.#state === "chunked")
      this.#complete(this.#chunked.trailers);
    return next;
  }

  #complete(trailers: readonly string[]): void {
    const handler = this.#handler;
    this.#state = "idle";
    this.#handler = undefined;
    handler?.onEnd(trailers);
  }
}

/** Refuses at once what can no longer become a head, so that a banner or a bare-LF answer does not wait for a timeout. */
function checkPartialHead(text: string, from: number): string | undefined {
  if (text.length > MAX_HEAD_BYTES) return "the head of the answer is too large";
  const start = text.slice(0, 7);
  if (!"HTTP/1.".startsWith(start)) return "the answer is not HTTP/1";
  for (let lf = text.indexOf("\n", from); lf !== -1; lf = text.indexOf("\n", lf + 1)) {
    if (text.charCodeAt(lf - 1) !== 0x0d) return "a line of the head does not end in CRLF";
  }
  return undefined;
}
