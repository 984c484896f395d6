import { isFieldValue, isToken } from "./octets.ts";

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

/**
 * Reads the status line and the fields of `text`, which ends after the last field's CRLF (the empty line is not in it).
 * Returns the reason in words where it is not exactly what RFC 9112 §4 and §5 allow.
 */
export function parseResponseHead(text: string): ResponseHead | string {
  const lineEnd = text.indexOf("\r\n");
  // "HTTP/1.1 200" and then the end of the line or a space: a missing reason phrase with its space is common and harmless.
  if (!text.startsWith("HTTP/1.") || lineEnd < 12) return "the status line is no HTTP/1 status line";
  const minor = text.charCodeAt(7) - 0x30;
  if ((minor !== 0 && minor !== 1) || text.charCodeAt(8) !== SPACE) return "the HTTP version is neither 1.0 nor 1.1";
  const status = readStatus(text);
  if (status === 0 || (lineEnd > 12 && text.charCodeAt(12) !== SPACE)) return "the status code is not in 100 to 599";
  const statusText = lineEnd > 13 ? text.slice(13, lineEnd) : "";
  if (!isFieldValue(statusText)) return "the reason phrase holds a control character";
  const headers: string[] = [];
  const wrong = parseFields(text, lineEnd + 2, headers);
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
 * Reads `name: value CRLF` lines of `text` from `position` to its end into `into`. Returns what is wrong, or undefined.
 * Line folding, space before the colon, bare CR or LF, control characters and empty names are all refused: two readers
 * may disagree about each of them (RFC 9112 §5.1, §5.2).
 */
export function parseFields(text: string, position: number, into: string[]): string | undefined {
  let start = position;
  while (start < text.length) {
    const end = text.indexOf("\r\n", start);
    if (end === -1) return "a field line does not end in CRLF";
    const colon = text.indexOf(":", start);
    if (colon === -1 || colon >= end) return "a field line has no colon";
    if (!isToken(text, start, colon)) return "a field name is not a token";
    const value = trimmed(text, colon + 1, end);
    if (!isFieldValue(value)) return "a field value holds a control character";
    if (into.push(text.slice(start, colon), value) > MAX_FIELDS * 2) return "there are too many fields";
    start = end + 2;
  }
  return undefined;
}

/** `text[from, to)` without optional white space at either end. */
function trimmed(text: string, from: number, to: number): string {
  let start = from;
  let end = to;
  while (start < end && isBlank(text.charCodeAt(start))) start++;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end--;
  return text.slice(start, end);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
