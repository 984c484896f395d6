/**
 * A host with an optional port (RFC 9110 §7.2, RFC 3986 §3.2.2), narrower than the grammar: percent-encoding and the
 * sub-delimiters (`,` `'` `(` …) are left out, because no name resolves with them and applications build links from the Host.
 */
const HOST = /^(?:[A-Za-z0-9._~-]{1,255}|\[[0-9A-Fa-f:.]{2,45}\])(?::(\d{0,5}))?$/;

/** The last one found good: most requests of a gateway name one of a few hosts. */
let lastValid: string | undefined;

/** Whether a Host field's value names one host. The empty value, legal in the grammar, names none (RFC 9110 §4.2.1). */
export function isValidHost(value: string): boolean {
  if (value === lastValid) return true;
  const match = HOST.exec(value);
  if (match === null || Number(match[1] ?? 0) > 65_535) return false;
  lastValid = value;
  return true;
}
