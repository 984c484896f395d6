import { isFieldValue, knownToken } from "./octets.ts";

/** The status line and the fields of an answer, as they came. */
export interface ResponseHead {
  readonly status: number;
  readonly statusText: string;
  /** HTTP/1.`minor`: 0 or 1. */
  readonly minor: 0 | 1;
  /** Name, value, name, value, …, one character per octet. */
  readonly headers: string[];
}

/** The most fields in one head or trailer section. Beyond it an answer is not an answer but an attack on memory. */
export const MAX_FIELDS = 1_000;

const SPACE = 0x20;
const TAB = 0x09;
const LF = 0x0a;

/**
 * Reads the status line and the fields of `text` up to `end`, where the last field's CRLF ends (the empty line is not in it).
 * Returns the reason in words where it is not exactly what RFC 9112 §4 and §5 allow.
 */
export function parseResponseHead(text: string, end = text.length): ResponseHead | string {
  const lineEnd = text.indexOf("\r");
  // "HTTP/1.1 200" and then the end of the line or a space: a missing reason phrase with its space is common and harmless.
  if (!text.startsWith("HTTP/1.") || lineEnd < 12) return "the status line is no HTTP/1 status line";
  const minor = text.charCodeAt(7) - 0x30;
  if ((minor !== 0 && minor !== 1) || text.charCodeAt(8) !== SPACE) return "the HTTP version is neither 1.0 nor 1.1";
  const status = readStatus(text);
  if (status === 0 || (lineEnd > 12 && text.charCodeAt(12) !== SPACE)) return "the status code is not in 100 to 599";
  const statusText = lineEnd > 13 ? text.slice(13, lineEnd) : "";
  if (!isFieldValue(statusText) || text.charCodeAt(lineEnd + 1) !== LF)
    return "the reason phrase holds a control character";
  const headers: string[] = [];
  const wrong = parseFields(text, lineEnd + 2, headers, end);
  return wrong ?? { status, statusText, minor, headers };
}

/** The three digits at offset 9, or 0. RFC 9110 §15: values outside 100 to 599 are invalid. */
function readStatus(text: string): number {
  let status = 0;
  for (let i = 9; i < 12; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return 0;
    status = status * 10 + digit;
  }
  return status >= 100 && status <= 599 ? status : 0;
}

/**
 * Reads the `name: value CRLF` lines of `text[position, end)` into `into`. Returns what is wrong, or undefined. Line folding, space
 * before the colon, bare CR or LF, control characters and empty names are all refused: two readers may disagree about each of
 * them (RFC 9112 §5.1, §5.2).
 */
export function parseFields(
  text: string,
  position: number,
  into: string[],
  end = text.length,
  maxFields = MAX_FIELDS,
): string | undefined {
  let start = position;
  while (start < end) {
    // A search for one character is several times cheaper than for CRLF; a CR that ends no line is a control character.
    const lineEnd = text.indexOf("\r", start);
    if (lineEnd === -1 || lineEnd + 1 >= end) return "a field line does not end in CRLF";
    if (text.charCodeAt(lineEnd + 1) !== LF) return "a field line holds a control character";
    const colon = text.indexOf(":", start);
    if (colon === -1 || colon >= lineEnd) return "a field line has no colon";
    const name = knownToken(text.slice(start, colon));
    if (name === "") return "a field name is not a token";
    let from = colon + 1;
    let to = lineEnd;
    while (from < to && isBlank(text.charCodeAt(from))) from++;
    while (to > from && isBlank(text.charCodeAt(to - 1))) to--;
    const value = text.slice(from, to);
    if (!isFieldValue(value)) return "a field value holds a control character";
    if (into.push(name, value) > maxFields * 2) return "there are too many fields";
    start = lineEnd + 2;
  }
  return undefined;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
