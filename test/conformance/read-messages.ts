/** Strict reading of HTTP/1 messages from latin1 text, independent of what it judges. */

export type Field = readonly [name: string, value: string];

export interface Message {
  readonly startLine: string;
  readonly fields: readonly Field[];
  /** The body without its transfer coding. */
  readonly body: string;
  readonly trailers: readonly Field[];
  /** How the end of the body was told. */
  readonly framing: "none" | "length" | "chunked" | "until-close";
  readonly complete: boolean;
  /** The size of each chunk, where chunked. */
  readonly chunkSizes: readonly number[];
}

export interface ReadMessage {
  readonly message: Message;
  /** Where the next message begins. */
  readonly end: number;
}

export type BodyRule = "request" | "answer" | "answer-without-body";

/** Reads one message from `from`. undefined: the head is not complete. A string: it is no HTTP/1 message, and why. */
export function readMessage(text: string, from: number, rule: BodyRule): ReadMessage | string | undefined {
  const headEnd = text.indexOf("\r\n\r\n", from);
  if (headEnd === -1) return undefined;
  const [startLine = "", ...lines] = text.slice(from, headEnd).split("\r\n");
  const fields = readFields(lines);
  if (typeof fields === "string") return fields;
  const bodyStart = headEnd + 4;
  const head = { startLine, fields };
  const framing = framingOf(fields, startLine, rule);
  if (typeof framing === "string") return framing;
  if (framing.kind === "chunked") return readChunked(text, bodyStart, head);
  const length = framing.kind === "until-close" ? text.length - bodyStart : framing.length;
  const body = text.slice(bodyStart, bodyStart + length);
  const complete = framing.kind !== "until-close" && body.length === length;
  return {
    message: { ...head, body, trailers: [], framing: framing.kind, complete, chunkSizes: [] },
    end: bodyStart + body.length,
  };
}

export function valuesOf(fields: readonly Field[], name: string): string[] {
  return fields.filter(([each]) => each.toLowerCase() === name.toLowerCase()).map(([, value]) => value);
}

export function valueOf(fields: readonly Field[], name: string): string | undefined {
  return valuesOf(fields, name)[0];
}

function readFields(lines: readonly string[]): Field[] | string {
  const fields: Field[] = [];
  for (const line of lines) {
    const match = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*([^\r\n]*?)[ \t]*$/.exec(line);
    if (match === null) return `a field line is malformed: ${JSON.stringify(line)}`;
    fields.push([match[1] as string, match[2] as string]);
  }
  return fields;
}

interface Framing {
  readonly kind: Message["framing"];
  readonly length: number;
}

function framingOf(fields: readonly Field[], startLine: string, rule: BodyRule): Framing | string {
  const lengths = valuesOf(fields, "content-length");
  const codings = valuesOf(fields, "transfer-encoding");
  if (lengths.length + codings.length > 1) return "the body length is given more than once";
  if (rule === "answer-without-body" || /^HTTP\/1\.[01] (?:1\d\d|204|304)/.test(startLine))
    return { kind: "none", length: 0 };
  if (codings.length === 1) {
    return codings[0]?.toLowerCase() === "chunked"
      ? { kind: "chunked", length: 0 }
      : "a transfer coding other than chunked";
  }
  if (lengths.length === 1) {
    return /^\d+$/.test(lengths[0] as string)
      ? { kind: "length", length: Number(lengths[0]) }
      : "a malformed Content-Length";
  }
  return rule === "request" ? { kind: "none", length: 0 } : { kind: "until-close", length: 0 };
}

function readChunked(
  text: string,
  from: number,
  head: { readonly startLine: string; readonly fields: readonly Field[] },
): ReadMessage | string {
  let at = from;
  let body = "";
  const chunkSizes: number[] = [];
  const partial = (end: number): ReadMessage => ({
    message: { ...head, body, trailers: [], framing: "chunked", complete: false, chunkSizes },
    end,
  });
  for (;;) {
    const lineEnd = text.indexOf("\r\n", at);
    if (lineEnd === -1) return partial(text.length);
    const match = /^([0-9a-fA-F]+)(?:[ \t]*;.*)?$/.exec(text.slice(at, lineEnd));
    if (match === null) return `a chunk size is malformed: ${JSON.stringify(text.slice(at, lineEnd))}`;
    const size = Number.parseInt(match[1] as string, 16);
    if (size === 0) return readTrailers(text, lineEnd + 2, partial(text.length));
    body += text.slice(lineEnd + 2, lineEnd + 2 + size);
    at = lineEnd + 2 + size + 2;
    if (at > text.length) return partial(text.length);
    if (text.slice(at - 2, at) !== "\r\n") return "a chunk does not end in CRLF";
    chunkSizes.push(size);
  }
}

function readTrailers(text: string, from: number, partial: ReadMessage): ReadMessage | string {
  if (text.startsWith("\r\n", from)) return { message: { ...partial.message, complete: true }, end: from + 2 };
  const end = text.indexOf("\r\n\r\n", from);
  if (end === -1) return partial;
  const trailers = readFields(text.slice(from, end).split("\r\n"));
  if (typeof trailers === "string") return trailers;
  return { message: { ...partial.message, trailers, complete: true }, end: end + 4 };
}
