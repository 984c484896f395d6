import type { ResponseHead } from "./parse-head.ts";

/** How the end of an answer's body is found (RFC 9112 §6.3). */
export type AnswerFraming =
  | { readonly kind: "none" }
  | { readonly kind: "length"; readonly length: number }
  | { readonly kind: "chunked" }
  | { readonly kind: "until-close" };

/** What the transport itself has to know of an answer's head. */
export interface AnswerFacts {
  readonly framing: AnswerFraming;
  /** Whether the connection may carry another exchange after this answer. */
  readonly reusable: boolean;
  /** The upstream's own idle limit in seconds, from `Keep-Alive: timeout=`; undefined where it names none. */
  readonly keepAliveSeconds: number | undefined;
}

const NONE: AnswerFraming = { kind: "none" };
const CHUNKED: AnswerFraming = { kind: "chunked" };
const UNTIL_CLOSE: AnswerFraming = { kind: "until-close" };

interface FramingFields {
  length: string | undefined;
  transferEncoding: string | undefined;
  close: boolean;
  keepAliveSeconds: number | undefined;
}

/**
 * Decides framing by request method, status and fields. Everything that two readers could take in two ways is refused:
 * the reason is returned in words.
 */
export function readAnswerFacts(method: string, head: ResponseHead): AnswerFacts | string {
  const fields = readFramingFields(head.headers);
  if (typeof fields === "string") return fields;
  const { length, transferEncoding } = fields;
  if (transferEncoding !== undefined) {
    // RFC 9112 §6.1: both at once is a sign of request smuggling or response splitting.
    if (length !== undefined) return "the answer has both Content-Length and Transfer-Encoding";
    if (head.minor === 0) return "an HTTP/1.0 answer has Transfer-Encoding";
    if (transferEncoding.toLowerCase() !== "chunked") return "the transfer coding is not chunked";
  }
  const octets = length === undefined ? undefined : readLength(length);
  if (octets === -1) return "the Content-Length is not a number of octets";
  const bodiless = method === "HEAD" || head.status === 204 || head.status === 304;
  const framing = framingOf(bodiless, transferEncoding !== undefined, octets);
  // A 204 with a body announced: the announced octets may follow, and they are nobody's (RFC 9110 §15.3.5).
  const announced = head.status === 204 && (transferEncoding !== undefined || (octets ?? 0) > 0);
  const reusable = head.minor === 1 && !fields.close && framing !== UNTIL_CLOSE && !announced;
  return { framing, reusable, keepAliveSeconds: fields.keepAliveSeconds };
}

function framingOf(bodiless: boolean, chunked: boolean, octets: number | undefined): AnswerFraming {
  if (bodiless) return NONE;
  if (chunked) return CHUNKED;
  if (octets === undefined) return UNTIL_CLOSE;
  return octets === 0 ? NONE : { kind: "length", length: octets };
}

function readFramingFields(headers: readonly string[]): FramingFields | string {
  const found: FramingFields = {
    length: undefined,
    transferEncoding: undefined,
    close: false,
    keepAliveSeconds: undefined,
  };
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    // By length first: most fields are told apart without a copy in lower case.
    if (name.length === 10) readTenLetters(name.toLowerCase(), headers[i + 1] as string, found);
    else if (name.length === 14 && name.toLowerCase() === "content-length") {
      // Even equal duplicates: a reader after us may take either, or the list (RFC 9112 §6.3).
      if (found.length !== undefined) return "the answer has more than one Content-Length";
      found.length = headers[i + 1] as string;
    } else if (name.length === 17 && name.toLowerCase() === "transfer-encoding") {
      if (found.transferEncoding !== undefined) return "the answer has more than one Transfer-Encoding";
      found.transferEncoding = headers[i + 1] as string;
    }
  }
  return found;
}

function readTenLetters(lowerName: string, value: string, found: FramingFields): void {
  if (lowerName === "connection") {
    if (/(?:^|,)[ \t]*close[ \t]*(?:,|$)/i.test(value)) found.close = true;
  } else if (lowerName === "keep-alive") {
    const seconds = /(?:^|[,\s])timeout\s*=\s*"?(\d{1,6})/i.exec(value)?.[1];
    if (seconds !== undefined) found.keepAliveSeconds = Number(seconds);
  }
}

/** The number of octets, or -1: digits only, so neither a sign, a list, a fraction nor 0x passes. */
function readLength(value: string): number {
  if (value.length === 0 || value.length > 16) return -1;
  let octets = 0;
  for (let i = 0; i < value.length; i++) {
    const digit = value.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return -1;
    octets = octets * 10 + digit;
  }
  return Number.isSafeInteger(octets) ? octets : -1;
}
