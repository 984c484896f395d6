import type { RawHeaders } from "../../model/raw-headers.ts";
import type { RequestFraming } from "../request-framing.ts";
import { isFieldValue, knownToken } from "./octets.ts";

/** What goes into the head of a request. */
export interface RequestHeadParts {
  readonly method: string;
  readonly target: string;
  readonly headers: RawHeaders;
  /** The fields as they came in, through a parser that lets no malformed one pass. Default: none. */
  readonly received?: RawHeaders;
  /** A value made of base64url. Default: none. */
  readonly minted?: string | undefined;
  readonly framing: RequestFraming;
  /** The `Host` for a request that brought none, as HTTP/1.0 allows. */
  readonly defaultHost: string;
}

const NO_FIELDS: RawHeaders = [];

/** Printable octets without space: what a request target is made of (RFC 9112 §3.2), raw octets of old browsers included. */
const TARGET = /^[\x21-\x7e\x80-\xff]+$/;

/**
 * The head of a request as one latin1 string, or undefined where a part could break out of its line. No parser lets such a thing in;
 * this is the last door, for what the stages before put in. A field that is just what was received needs no second look, nor does
 * a token that was minted.
 */
export function writeRequestHead(parts: RequestHeadParts): string | undefined {
  const { method, target, headers, received = NO_FIELDS, minted, framing } = parts;
  if (knownToken(method) === "" || !TARGET.test(target)) return undefined;
  let head = `${method} ${target} HTTP/1.1\r\n`;
  let hasHost = false;
  let next = 0;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    const value = headers[i + 1] as string;
    const at = indexOfField(received, next, name, value);
    if (at !== -1) next = at + 2;
    else if (knownToken(name) === "" || (value !== minted && !isFieldValue(value))) return undefined;
    if (!hasHost && name.length === 4 && name.toLowerCase() === "host") hasHost = true;
    head += `${name}: ${value}\r\n`;
  }
  if (!hasHost) head += `Host: ${parts.defaultHost}\r\n`;
  return `${head}${framingFields(framing)}\r\n`;
}

/** Where in `fields` there is this very field, from `start` on, or -1. Mostly a comparison of pointers: order is kept on the way. */
function indexOfField(fields: RawHeaders, start: number, name: string, value: string): number {
  for (let i = start; i < fields.length; i += 2) {
    if (fields[i] === name && fields[i + 1] === value) return i;
  }
  return -1;
}

function framingFields(framing: RequestFraming): string {
  let fields = "";
  if (framing.kind === "length") fields = `Content-Length: ${framing.length}\r\n`;
  else if (framing.kind === "chunked") fields = "Transfer-Encoding: chunked\r\n";
  if (framing.trailer !== undefined && isFieldValue(framing.trailer)) fields += `Trailer: ${framing.trailer}\r\n`;
  if (framing.expectsContinue) fields += "Expect: 100-continue\r\n";
  return fields;
}
