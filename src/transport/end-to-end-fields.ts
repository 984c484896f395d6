import { perSpelling } from "../model/per-spelling.ts";
import type { RawHeaders } from "../model/raw-headers.ts";

/**
 * Fields that are for one connection only (RFC 9110 §7.6.1), and those that belong to whoever frames the message. `proxy` is no
 * field at all, but CGI programs take it for the environment's HTTP_PROXY (CVE-2016-5385).
 */
const REQUEST_FIELDS = new Set([
  "connection",
  "keep-alive",
  "te",
  "upgrade",
  "http2-settings",
  "proxy",
  "content-length",
  "transfer-encoding",
  "trailer",
  "expect",
]);

/** In an answer `Content-Length` says something of the representation (HEAD, 304), and `Trailer` goes with the trailers. */
const ANSWER_FIELDS = new Set(["connection", "keep-alive", "te", "upgrade", "proxy", "transfer-encoding"]);

/** What `Connection` cannot nominate away: without them the message is another one, or none. */
const NOT_NOMINABLE = new Set(["host", "content-length", "transfer-encoding", "trailer"]);

/** Where a field of this name ends: bits that add up; 0 for most. */
const endsIn = perSpelling((name) => {
  const lowerName = name.toLowerCase();
  const isProxys = lowerName.startsWith("proxy-");
  let places = 0;
  if (isProxys || REQUEST_FIELDS.has(lowerName)) places |= REQUEST;
  if (isProxys || ANSWER_FIELDS.has(lowerName)) places |= ANSWER | CONTENTLESS_ANSWER;
  // RFC 9110 §8.6: an interim answer or a 204 must not have a length; a reader who believes it would wait, or read on too far.
  if (lowerName === "content-length") places |= CONTENTLESS_ANSWER;
  return places;
});
const REQUEST = 1;
const ANSWER = 2;
const CONTENTLESS_ANSWER = 4;

/** Whether a request's field goes on to the upstream, as far as its name tells: `nominatedFields` may name more that do not. */
export function isEndToEnd(name: string): boolean {
  return (endsIn(name) & REQUEST) === 0;
}

/** The fields of a request that go on to the upstream: order, case and duplicates as they came. */
export function endToEndFields(rawHeaders: RawHeaders): RawHeaders {
  return withoutHopByHop(rawHeaders, REQUEST);
}

/** The fields of an answer with this status that go on to the client: order, case and duplicates as they came. */
export function endToEndAnswerFields(rawHeaders: RawHeaders, status: number): RawHeaders {
  return withoutHopByHop(rawHeaders, status < 200 || status === 204 ? CONTENTLESS_ANSWER : ANSWER);
}

/** The very same list where all of it goes on. */
function withoutHopByHop(rawHeaders: RawHeaders, place: number): RawHeaders {
  const nominated = nominatedFields(rawHeaders);
  let kept: string[] | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if ((endsIn(name) & place) !== 0 || nominated?.has(name.toLowerCase()) === true) kept ??= rawHeaders.slice(0, i);
    else kept?.push(name, rawHeaders[i + 1] as string);
  }
  return kept ?? rawHeaders;
}

/** The names, in lower case, of the fields that `Connection` says are for this connection only; undefined: it says so of none. */
export function nominatedFields(rawHeaders: RawHeaders): ReadonlySet<string> | undefined {
  let nominated: Set<string> | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    if (name.length !== 10 || name.toLowerCase() !== "connection") continue;
    nominated = nominate(rawHeaders[i + 1] as string, nominated);
  }
  return nominated;
}

/** Adds the names that a `Connection` field lists; `keep-alive` and `close` alone, the common case, add nothing. */
function nominate(value: string, into: Set<string> | undefined): Set<string> | undefined {
  if (value === "keep-alive" || value === "close" || value === "Keep-Alive") return into;
  const names = into ?? new Set<string>();
  for (const part of value.split(",")) {
    const name = part.trim().toLowerCase();
    if (name !== "" && !NOT_NOMINABLE.has(name)) names.add(name);
  }
  return names;
}
