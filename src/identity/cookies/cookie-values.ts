const SPACE = 0x20;
const TAB = 0x09;
const QUOTE = 0x22;

/**
 * The values of every cookie called `name` in a `Cookie` field, in order, as the package `cookie` 0.7.2 (which express-session 1.19
 * reads with) sees them: blanks around names and values cut, one pair of quotes taken off, not yet percent-decoded. That parser
 * keeps the first of several; the others are returned so that a contradiction can be seen (TRAPS 1).
 */
export function cookieValues(header: string, name: string): string[] {
  const values: string[] = [];
  const length = header.length;
  if (length < 2) return values;
  let index = 0;
  do {
    const equals = header.indexOf("=", index);
    if (equals === -1) break;
    let end = header.indexOf(";", index);
    if (end === -1) end = length;
    else if (equals > end) {
      // A part without "=": the name begins after the last semicolon before it.
      index = header.lastIndexOf(";", equals - 1) + 1;
      continue;
    }
    const nameStart = skipBlanks(header, index, equals);
    const nameEnd = dropBlanks(header, equals, nameStart);
    if (nameEnd - nameStart === name.length && header.startsWith(name, nameStart)) {
      values.push(valueWithin(header, equals + 1, end));
    }
    index = end + 1;
  } while (index < length);
  return values;
}

function valueWithin(header: string, from: number, to: number): string {
  const start = skipBlanks(header, from, to);
  const end = dropBlanks(header, to, start);
  const quoted = header.charCodeAt(start) === QUOTE && header.charCodeAt(end - 1) === QUOTE;
  return quoted ? header.slice(start + 1, end - 1) : header.slice(start, end);
}

/** Looks at the character at `index` even where `index` is `limit` already, as the original does. */
function skipBlanks(text: string, index: number, limit: number): number {
  let at = index;
  do {
    if (!isBlank(text.charCodeAt(at))) return at;
    at++;
  } while (at < limit);
  return limit;
}

function dropBlanks(text: string, index: number, limit: number): number {
  let at = index;
  while (at > limit) {
    at--;
    if (!isBlank(text.charCodeAt(at))) return at + 1;
  }
  return limit;
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}

/** Percent-decodes a cookie value; one that cannot be decoded stays as it is (cookie 0.7.2, `tryDecode`). */
export function decodeCookieValue(raw: string): string {
  if (!raw.includes("%")) return raw;
  try {
    return decodeURIComponent(raw);
  } catch {
    return raw;
  }
}
