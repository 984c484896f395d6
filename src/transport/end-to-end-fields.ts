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

/** RFC 9110 §8.6: an interim answer or a 204 must not have a length; a reader who believes it would wait, or read on too far. */
const CONTENTLESS_ANSWER_FIELDS = new Set([...ANSWER_FIELDS, "content-length"]);

const LETTER_P = 0x70;
/** 1 at the length of each name above. */
const LENGTHS = new Uint8Array(32);
for (const name of [...REQUEST_FIELDS, ...ANSWER_FIELDS]) LENGTHS[name.length] = 1;

/** What `Connection` cannot nominate away: without them the message is another one, or none. */
const NOT_NOMINABLE = new Set(["host", "content-length", "transfer-encoding", "trailer"]);

/** The fields of a request that go on to the upstream: order, case and duplicates as they came. */
export function endToEndFields(rawHeaders: RawHeaders): string[] {
  return withoutHopByHop(rawHeaders, REQUEST_FIELDS);
}

/** The fields of an answer with this status that go on to the client: order, case and duplicates as they came. */
export function endToEndAnswerFields(rawHeaders: RawHeaders, status: number): string[] {
  return withoutHopByHop(rawHeaders, status < 200 || status === 204 ? CONTENTLESS_ANSWER_FIELDS : ANSWER_FIELDS);
}

function withoutHopByHop(rawHeaders: RawHeaders, dropped: ReadonlySet<string>): string[] {
  const kept: string[] = [];
  let nominated: Set<string> | undefined;
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i] as string;
    // Most names are told apart from the dropped ones by length and first letter, without a copy in lower case.
    if (LENGTHS[name.length] !== 1 && (name.charCodeAt(0) | 0x20) !== LETTER_P) {
      kept.push(name, rawHeaders[i + 1] as string);
      continue;
    }
    const lowerName = name.toLowerCase();
    if (lowerName === "connection") nominated = nominate(rawHeaders[i + 1] as string, nominated);
    if (dropped.has(lowerName) || lowerName.startsWith("proxy-")) continue;
    kept.push(name, rawHeaders[i + 1] as string);
  }
  return nominated === undefined ? kept : kept.filter((_, i) => !isNominated(kept[i - (i % 2)] as string, nominated));
}

function isNominated(name: string, nominated: ReadonlySet<string>): boolean {
  return nominated.has(name.toLowerCase());
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
