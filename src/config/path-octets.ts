/**
 * Paths are compared octet by octet, one character per octet (latin1), as they come over the wire; what a person writes in
 * routes.json is UTF-8 first.
 */
export function utf8Octets(text: string): string {
  return Buffer.from(text, "utf8").toString("latin1");
}

const ESCAPE = /%([0-9a-fA-F]{2})/g;

/** Percent-decoded once (RFC 3986 §2.1). What is no escape stays as it is: it must not make a path unreadable. */
export function percentDecode(octets: string): string {
  return octets.replace(ESCAPE, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}

const BEYOND_ASCII = /[\u0080-\uffff]/;

/** As a server sees it that takes upper and lower case for the same, in any script. */
export function foldCase(octets: string): string {
  const text = BEYOND_ASCII.test(octets) ? Buffer.from(octets, "latin1").toString("utf8") : octets;
  return text.toLowerCase();
}
