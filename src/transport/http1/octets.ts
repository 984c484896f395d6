import { perSpelling } from "../../model/per-spelling.ts";

/** Octets that may stand in a token (RFC 9110 §5.6.2): field names, methods. */
const TOKEN = new Uint8Array(256);
for (const character of "!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") {
  TOKEN[character.charCodeAt(0)] = 1;
}

/** Whether `text[start, end)` is a token of at least one octet. A loop over a table: no regular expression per field name. */
export function isToken(text: string, start: number, end: number): boolean {
  if (start >= end) return false;
  for (let i = start; i < end; i++) {
    // An index beyond the table (a character above U+00FF) reads undefined, which is no token either.
    if (TOKEN[text.charCodeAt(i)] !== 1) return false;
  }
  return true;
}

/**
 * The field name or method as the one string that stands for this spelling, or "" where it is no token. Each spelling is looked at once;
 * and what is remembered by field name is found fastest by the very same string.
 */
export const knownToken = perSpelling((text) => (isToken(text, 0, text.length) ? text : ""));

/**
 * What may not stand in a field value, a reason phrase or a trailer: every control octet but HTAB, and every character that
 * is no octet. U+010A written as latin1 would be a line feed, so characters above U+00FF are refused and not cut off.
 */
// oxlint-disable-next-line no-control-regex -- the control octets are the point
const NOT_IN_VALUE = /[^\t\x20-\x7e\x80-\xff]/;

export function isFieldValue(value: string): boolean {
  return !NOT_IN_VALUE.test(value);
}

/** The value of a hexadecimal digit's octet, or -1. */
export function hexDigit(octet: number): number {
  if (octet >= 0x30 && octet <= 0x39) return octet - 0x30;
  const lower = octet | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
