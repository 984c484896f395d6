import type { RawHeaders } from "../../../model/raw-headers.ts";
import { parseFields } from "../../http1/parse-head.ts";
import { type RequestFacts, readRequestFacts } from "../../request-facts.ts";
import type { ProtocolFailure } from "../protocol-answer.ts";
import { parseRequestLine, type RequestLine } from "./request-line.ts";

/** The head of a request. */
export interface RequestHead {
  readonly line: RequestLine;
  readonly headers: RawHeaders;
  readonly facts: RequestFacts;
  /** The offset of the first octet behind it, in the buffer that was read last. */
  readonly end: number;
}

/** What is looked at first for the end of a head, so that a large first read is not copied whole into a string. */
const FIRST_LOOK_BYTES = 4_096;
const CR = 0x0d;
const LF = 0x0a;

/** Reads the heads of one connection's requests (RFC 9112 §2 to §5), however their octets are split. Strict. */
export class HeadReader {
  /** When the first octet of a head that is not complete came, in milliseconds of `performance.now()`. */
  sinceMs = 0;
  readonly #maxBytes: number;
  #partial = "";
  /** The field lines of the head before: most clients say the same again and again, and then it need not be read twice. */
  #lastLines = "";
  #lastMinor: 0 | 1 = 1;
  #lastHeaders: RawHeaders = [];
  #lastFacts: RequestFacts | undefined;

  constructor(maxBytes: number) {
    this.#maxBytes = maxBytes;
  }

  /** Whether a head has come in part. */
  get begun(): boolean {
    return this.#partial !== "";
  }

  /** Keeps nothing of heads that are over: an idle connection should cost little. */
  forget(): void {
    this.#lastLines = "";
    this.#lastHeaders = [];
    this.#lastFacts = undefined;
  }

  /** Takes from `bytes[at, end)`. Returns a head, or why there can be none; undefined: there must come more, and all octets are kept. */
  read(bytes: Buffer, at: number, end: number): RequestHead | ProtocolFailure | undefined {
    let lookedUpTo = at;
    while (lookedUpTo < end) {
      const lookEnd = Math.min(end, lookedUpTo + FIRST_LOOK_BYTES);
      const before = this.#partial.length;
      const text = this.#partial + bytes.toString("latin1", lookedUpTo, lookEnd);
      const start = emptyLinesOf(text);
      const headEnd = text.indexOf("\r\n\r\n", Math.max(start, before - 3));
      if (headEnd !== -1) {
        this.#partial = "";
        return this.#parse(text, start, headEnd, lookedUpTo + headEnd + 4 - before);
      }
      const wrong = this.#checkPartial(text, Math.max(start, before - 1), start);
      if (wrong !== undefined) return wrong;
      if (before === 0) this.sinceMs = performance.now();
      this.#partial = start === 0 ? text : text.slice(start);
      lookedUpTo = lookEnd;
    }
    return undefined;
  }

  #parse(text: string, start: number, headEnd: number, end: number): RequestHead | ProtocolFailure {
    const lineEnd = text.indexOf("\r\n", start);
    if (headEnd - start > this.#maxBytes) return this.#tooLarge(lineEnd - start);
    const line = parseRequestLine(text.slice(start, lineEnd));
    if (typeof line === "string") return line;
    const lines = text.slice(lineEnd + 2, headEnd + 2);
    if (lines !== this.#lastLines || line.minor !== this.#lastMinor || this.#lastFacts === undefined) {
      const headers: string[] = [];
      if (parseFields(lines, 0, headers, lines.length, Number.POSITIVE_INFINITY) !== undefined) return "bad-request";
      this.#lastLines = lines;
      this.#lastMinor = line.minor;
      this.#lastHeaders = headers;
      this.#lastFacts = readRequestFacts(headers, line.minor);
    }
    return { line, headers: this.#lastHeaders, facts: this.#lastFacts, end };
  }

  #tooLarge(lineBytes: number): ProtocolFailure {
    return lineBytes > this.#maxBytes ? "target-too-long" : "fields-too-large";
  }

  /** Refuses at once what can no longer become a head, so that it need not wait for a timeout. */
  #checkPartial(text: string, from: number, start: number): ProtocolFailure | undefined {
    // Three of them may be of the empty line that ends the head.
    if (text.length - start > this.#maxBytes + 3) {
      const lineEnd = text.indexOf("\r\n", start);
      return this.#tooLarge((lineEnd === -1 ? text.length : lineEnd) - start);
    }
    // No request begins with a control octet: a TLS handshake does.
    if (text.length > start && text.charCodeAt(start) <= 0x20 && text.charCodeAt(start) !== CR) return "bad-request";
    for (let lf = text.indexOf("\n", from); lf !== -1; lf = text.indexOf("\n", lf + 1)) {
      if (text.charCodeAt(lf - 1) !== CR) return "bad-request";
    }
    return undefined;
  }
}

/** The offset of the first octet that is no empty line before the request line (RFC 9112 §2.2). */
function emptyLinesOf(text: string): number {
  let start = 0;
  while (text.charCodeAt(start) === CR && text.charCodeAt(start + 1) === LF) start += 2;
  return start;
}
