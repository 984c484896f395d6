import { foldFieldName, type RawHeaders } from "../model/raw-headers.ts";
import { isFieldValue, isToken } from "./http1/octets.ts";

/**
 * Fields that must not arrive after the body (RFC 9110 §6.5.1): framing, routing, credentials, and what figway itself sets.
 * Servers that merge trailers into the header fields would otherwise let a client replace them.
 */
const FORBIDDEN = new Set([
  "authorization",
  "cache-control",
  "connection",
  "content-encoding",
  "content-length",
  "content-range",
  "content-type",
  "cookie",
  "expect",
  "forwarded",
  "host",
  "keep-alive",
  "max-forwards",
  "origin",
  "proxy",
  "remote-user",
  "set-cookie",
  "te",
  "traceparent",
  "tracestate",
  "trailer",
  "transfer-encoding",
  "upgrade",
  "via",
  "x-real-ip",
  "x-remote-user",
  "x-request-id",
]);
const FORBIDDEN_PREFIXES = ["proxy-", "x-auth-request-", "x-forwarded-", "x-figway-", "sec-"];

/** The trailer fields that may go on, in order. Names are compared with every odd character folded to `-`. */
export function forwardableTrailers(trailers: RawHeaders): string[] {
  const kept: string[] = [];
  for (let i = 0; i < trailers.length; i += 2) {
    const name = trailers[i] as string;
    const value = trailers[i + 1] as string;
    const folded = foldFieldName(name);
    if (FORBIDDEN.has(folded) || FORBIDDEN_PREFIXES.some((prefix) => folded.startsWith(prefix))) continue;
    if (isToken(name, 0, name.length) && isFieldValue(value)) kept.push(name, value);
  }
  return kept;
}

/** The last chunk of a chunked body with its trailers (RFC 9112 §7.1.2). */
export function lastChunk(trailers: RawHeaders): string {
  let text = "0\r\n";
  for (let i = 0; i < trailers.length; i += 2) text += `${trailers[i]}: ${trailers[i + 1]}\r\n`;
  return `${text}\r\n`;
}
