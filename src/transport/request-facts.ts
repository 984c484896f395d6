import type { RawHeaders } from "../model/raw-headers.ts";
import type { RequestFraming } from "./request-framing.ts";

/** What the fields of a request say of the message itself. Read once, by whoever parses the head. */
export interface RequestFacts {
  readonly framing: RequestFraming;
  /** Why the end of the body is open to interpretation, in words. Then nothing behind the head may be read as anything. */
  readonly ambiguity: string | undefined;
  /** Whether the connection may go on after the answer (RFC 9112 §9.3). */
  readonly persistent: boolean;
  /** Whether `Upgrade` lists `websocket`, and `Connection` says that it is meant (RFC 9110 §7.8). */
  readonly wantsWebSocket: boolean;
  /** The values of these fields as they came; undefined: absent. */
  readonly host: string | undefined;
  readonly hostCount: number;
  readonly expect: string | undefined;
  readonly maxForwards: string | undefined;
}

interface Found {
  host: string | undefined;
  hostCount: number;
  contentLength: string | undefined;
  transferEncoding: string | undefined;
  lengthCount: number;
  expect: string | undefined;
  maxForwards: string | undefined;
  trailer: string | undefined;
  connection: string;
  upgrade: string;
}

const BODILESS: RequestFraming = { kind: "none", length: 0, trailer: undefined, expectsContinue: false };
const BODILESS_EXPECTING: RequestFraming = { ...BODILESS, expectsContinue: true };

/** `minor` is that of the message's HTTP/1 version. One pass; the length of a name decides before its letters are looked at. */
export function readRequestFacts(headers: RawHeaders, minor: 0 | 1): RequestFacts {
  const found: Found = {
    host: undefined,
    hostCount: 0,
    contentLength: undefined,
    transferEncoding: undefined,
    lengthCount: 0,
    expect: undefined,
    maxForwards: undefined,
    trailer: undefined,
    connection: "",
    upgrade: "",
  };
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    switch (name.length) {
      case 4:
      case 6:
      case 7:
      case 10:
      case 12:
      case 14:
      case 17:
        take(found, name.toLowerCase(), headers[i + 1] as string);
    }
  }
  const { host, hostCount, expect, maxForwards } = found;
  const ambiguity = ambiguityOf(found, minor);
  return {
    framing: ambiguity === undefined ? framingOf(found, minor) : BODILESS,
    ambiguity,
    persistent: ambiguity === undefined && isPersistent(found.connection, minor),
    wantsWebSocket: lists(found.upgrade, WEBSOCKET) && lists(found.connection, UPGRADE),
    host,
    hostCount,
    expect,
    maxForwards,
  };
}

function take(found: Found, lowerName: string, value: string): void {
  switch (lowerName) {
    case "host":
      found.host = value;
      found.hostCount += 1;
      break;
    case "content-length":
      found.contentLength = value;
      found.lengthCount += 1;
      break;
    case "transfer-encoding":
      found.transferEncoding = value;
      found.lengthCount += 1;
      break;
    case "expect":
      found.expect = found.expect === undefined ? value : `${found.expect}, ${value}`;
      break;
    case "max-forwards":
      found.maxForwards = value;
      break;
    case "trailer":
      found.trailer = value;
      break;
    case "connection":
      found.connection += `,${value}`;
      break;
    case "upgrade":
      found.upgrade += `,${value}`;
  }
}

/** RFC 9112 §6.1–6.3: everything that two readers could end in two places. */
function ambiguityOf({ contentLength, transferEncoding, lengthCount }: Found, minor: 0 | 1): string | undefined {
  if (lengthCount === 0) return undefined;
  if (lengthCount > 1) return "the body length is given more than once";
  if (contentLength !== undefined)
    return /^\d{1,15}$/.test(contentLength) ? undefined : "Content-Length is no plain number";
  if (minor === 0) return "Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)";
  return transferEncoding?.toLowerCase() === "chunked"
    ? undefined
    : "Transfer-Encoding is something else than chunked alone";
}

/** The framing is taken from what was received and never from the method (RFC 9112 §6.3). */
function framingOf({ contentLength, transferEncoding, trailer, expect }: Found, minor: 0 | 1): RequestFraming {
  // RFC 9110 §10.1.1: an expectation in an HTTP/1.0 request is ignored.
  const expectsContinue = expect !== undefined && minor === 1 && expect.toLowerCase() === "100-continue";
  if (transferEncoding !== undefined) return { kind: "chunked", length: 0, trailer, expectsContinue };
  if (contentLength !== undefined)
    return { kind: "length", length: Number(contentLength), trailer: undefined, expectsContinue };
  return expectsContinue ? BODILESS_EXPECTING : BODILESS;
}

function isPersistent(connection: string, minor: 0 | 1): boolean {
  if (connection === "") return minor === 1;
  return !lists(connection, CLOSE) && (minor === 1 || lists(connection, KEEP_ALIVE));
}

const CLOSE = /,[ \t]*close[ \t]*(?:,|$)/i;
const KEEP_ALIVE = /,[ \t]*keep-alive[ \t]*(?:,|$)/i;
const UPGRADE = /,[ \t]*upgrade[ \t]*(?:,|$)/i;
const WEBSOCKET = /,[ \t]*websocket[ \t]*(?:,|$)/i;

/** Whether a list, each of its values behind a comma, has the member. */
function lists(values: string, member: RegExp): boolean {
  return values !== "" && member.test(values);
}
