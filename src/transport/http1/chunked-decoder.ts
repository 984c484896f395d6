import { hexDigit } from "./octets.ts";
import { parseFields } from "./parse-head.ts";

/** The longest line of chunk size and extensions, in octets. */
const MAX_CHUNK_LINE_BYTES = 4_096;
/** The most octets of chunk extensions in one body: without it, one-octet chunks could carry any amount (CVE-2023-39326). */
const MAX_EXTENSION_BYTES = 65_536;
/** The most octets of trailer fields, where nobody says otherwise. */
const MAX_TRAILER_BYTES = 65_536;

/** What is wrong where a body is too large rather than broken. */
export const CHUNK_LINE_TOO_LONG = "a chunk size line is too long";
export const TOO_MANY_EXTENSIONS = "there are too many chunk extensions";
export const TRAILERS_TOO_LONG = "the trailer section is too long";

/** As many hexadecimal digits cannot exceed what a number holds. */
const MAX_PLAIN_DIGITS = 8;

const CR = 0x0d;
const LF = 0x0a;

/** Where the octets of a chunked body go. `start` and `end` are offsets into `bytes`, which is only lent for the call. */
export interface ChunkSink {
  onBody(bytes: Buffer, start: number, end: number): void;
}

type State = "size-line" | "data" | "data-end" | "trailers" | "done";

/** Takes the chunked coding apart (RFC 9112 §7.1) as the octets come, however they are split. */
export class ChunkedDecoder {
  /** The trailer fields, complete once `done`. */
  trailers: string[] = [];
  #state: State = "size-line";
  #remaining = 0;
  /** What has come of a line that is not complete. */
  #line = "";
  /** The complete lines of the trailer section so far. */
  #section = "";
  #extensionBytes = 0;
  readonly #maxTrailerBytes: number;

  constructor(maxTrailerBytes = MAX_TRAILER_BYTES) {
    this.#maxTrailerBytes = maxTrailerBytes;
  }

  get done(): boolean {
    return this.#state === "done";
  }

  reset(): void {
    this.trailers = [];
    this.#state = "size-line";
    this.#remaining = 0;
    this.#line = "";
    this.#section = "";
    this.#extensionBytes = 0;
  }

  /** Decodes `bytes[start, end)`. Returns the offset after what was taken (`end` unless done), or what is wrong in words. */
  decode(bytes: Buffer, start: number, end: number, sink: ChunkSink): number | string {
    let at = start;
    while (at < end && this.#state !== "done") {
      const next = this.#step(bytes, at, end, sink);
      if (typeof next === "string") return next;
      at = next;
    }
    return at;
  }

  #step(bytes: Buffer, at: number, end: number, sink: ChunkSink): number | string {
    switch (this.#state) {
      case "size-line":
        return this.#takePlainSize(bytes, at, end) ?? this.#takeLine(bytes, at, end, MAX_CHUNK_LINE_BYTES);
      case "data":
        return this.#takeData(bytes, at, end, sink);
      case "data-end":
        return this.#takeDataEnd(bytes, at);
      case "trailers":
        return this.#takeLine(bytes, at, end, this.#maxTrailerBytes - this.#section.length);
      case "done":
        return at;
      default:
        return this.#state satisfies never;
    }
  }

  #takeData(bytes: Buffer, at: number, end: number, sink: ChunkSink): number {
    const taken = Math.min(this.#remaining, end - at);
    this.#remaining -= taken;
    if (this.#remaining === 0) this.#state = "data-end";
    sink.onBody(bytes, at, at + taken);
    return at + taken;
  }

  /** The CRLF after the data, octet by octet since it may be split; `#remaining` counts how much of it has come. */
  #takeDataEnd(bytes: Buffer, at: number): number | string {
    if (bytes[at] !== (this.#remaining === 0 ? CR : LF)) return "a chunk does not end in CRLF";
    if (this.#remaining === 0) this.#remaining = 1;
    else {
      this.#remaining = 0;
      this.#state = "size-line";
    }
    return at + 1;
  }

  /** The common case, for which no string is made: a size and nothing behind it, in one piece. Undefined where it is not that. */
  #takePlainSize(bytes: Buffer, at: number, end: number): number | undefined {
    if (this.#line !== "") return undefined;
    let octets = 0;
    let next = at;
    for (let digit = 0; next < end; next++) {
      digit = hexDigit(bytes[next] as number);
      if (digit < 0) break;
      octets = octets * 16 + digit;
    }
    const digits = next - at;
    if (digits === 0 || digits > MAX_PLAIN_DIGITS || bytes[next] !== CR) return undefined;
    if (next + 1 >= end || bytes[next + 1] !== LF) return undefined;
    this.#beginChunk(octets);
    return next + 2;
  }

  #beginChunk(octets: number): void {
    this.#remaining = octets;
    this.#state = octets === 0 ? "trailers" : "data";
  }

  #takeLine(bytes: Buffer, at: number, end: number, limit: number): number | string {
    let lineEnd = at;
    while (lineEnd < end && bytes[lineEnd] !== LF) lineEnd++;
    const complete = lineEnd < end;
    const text = bytes.toString("latin1", at, complete ? lineEnd + 1 : end);
    this.#line = this.#line === "" ? text : this.#line + text;
    if (this.#line.length > limit) return this.#state === "trailers" ? TRAILERS_TOO_LONG : CHUNK_LINE_TOO_LONG;
    if (!complete) return end;
    const wrong = this.#state === "trailers" ? this.#readTrailerLine() : this.#readSizeLine();
    return wrong ?? lineEnd + 1;
  }

  #readSizeLine(): string | undefined {
    const line = this.#line;
    this.#line = "";
    const size = readChunkSize(line);
    if (typeof size === "string") return size;
    this.#extensionBytes += size.extensionBytes;
    if (this.#extensionBytes > MAX_EXTENSION_BYTES) return TOO_MANY_EXTENSIONS;
    this.#beginChunk(size.octets);
    return undefined;
  }

  /** The section is read as a whole once its empty line has come, and not looked at before: a thousand lines are cheap so. */
  #readTrailerLine(): string | undefined {
    const line = this.#line;
    this.#line = "";
    if (!line.endsWith("\r\n")) return "a trailer line does not end in CRLF";
    if (line !== "\r\n") {
      this.#section += line;
      return undefined;
    }
    this.#state = "done";
    return parseFields(this.#section, 0, this.trailers);
  }
}

/** Reads `1*HEXDIG [BWS ";" extensions] CRLF`. Extensions are dropped, as RFC 9112 §7.1.1 lets a recipient do. */
function readChunkSize(line: string): { octets: number; extensionBytes: number } | string {
  if (!line.endsWith("\r\n")) return "a chunk size line does not end in CRLF";
  let octets = 0;
  let at = 0;
  for (let digit = hexDigit(line.charCodeAt(0)); digit >= 0; digit = hexDigit(line.charCodeAt(++at))) {
    octets = octets * 16 + digit;
    if (octets > Number.MAX_SAFE_INTEGER) return "a chunk size is too large";
  }
  if (at === 0) return "a chunk size is no hexadecimal number";
  const extensionBytes = line.length - 2 - at;
  // oxlint-disable-next-line no-control-regex -- the control octets are the point
  if (extensionBytes > 0 && !/^[ \t]*;[\t\x20-\x7e\x80-\xff]*\r\n$/.test(line.slice(at))) {
    return "a chunk size is followed by something that is no extension";
  }
  return { octets, extensionBytes };
}
