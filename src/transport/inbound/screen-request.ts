import type { IncomingMessage } from "node:http";
import { GatewayError, type GatewayErrorCode } from "../../model/gateway-error.ts";
import { splitAbsoluteForm } from "./split-absolute-form.ts";
import { isValidHost } from "./valid-host.ts";

/** How much of a request is accepted; the rest of `listen.limits` belongs to the listener. */
export interface ScreenLimits {
  readonly maxTargetBytes: number;
  readonly maxHeaderFields: number;
}

/** What screening says of a request. */
export type ScreenedRequest =
  | {
      readonly kind: "ok";
      /** The host asked for: of an absolute-form target, else of the Host field; never empty. */
      readonly host: string;
      /** The target in origin form (or `*` of OPTIONS), byte for byte as it came. */
      readonly target: string;
      /** What `Max-Forwards` must say to the next server (RFC 9110 §7.6.2); undefined where it has no meaning. */
      readonly maxForwards: number | undefined;
    }
  | { readonly kind: "refused"; readonly error: GatewayError };

/** The fields that screening reads, in the form in which they came; undefined: absent. */
interface ScreenedFields {
  host: string | undefined;
  hostCount: number;
  contentLength: string | undefined;
  contentLengthCount: number;
  transferEncoding: string | undefined;
  transferEncodingCount: number;
  expect: string | undefined;
  maxForwards: string | undefined;
}

/** Every octet that RFC 3986 leaves out of a URI but that servers take all the same stays in: `"<>\^`{|}`. `#` does not: it ends a target. */
const TARGET = /^[\x21\x22\x24-\x7e]+$/;

/** Methods that RTSP lends to Node's parser; with HTTP they have no meaning (llhttp accepts `RTSP/1.0` request lines). */
const RTSP_METHODS: ReadonlySet<string> = new Set([
  "DESCRIBE",
  "ANNOUNCE",
  "SETUP",
  "PLAY",
  "PAUSE",
  "TEARDOWN",
  "GET_PARAMETER",
  "SET_PARAMETER",
  "REDIRECT",
  "RECORD",
  "FLUSH",
]);

/**
 * Refuses what could be read in two ways. Node's parser has by then refused whatever docs/conformance.md lists under "the
 * parser"; this covers what it lets through. Pure; reads `rawHeaders`, because `headers` folds and drops fields.
 */
export function screenRequest(request: IncomingMessage, limits: ScreenLimits): ScreenedRequest {
  const fields = readFields(request.rawHeaders);
  return (
    screenLine(request, limits) ??
    screenFields(request, fields, limits) ??
    effectiveTarget(request, fields.host ?? ownAuthority(request), fields)
  );
}

function screenLine(request: IncomingMessage, limits: ScreenLimits): ScreenedRequest | undefined {
  const method = request.method ?? "";
  const target = request.url ?? "";
  if (request.httpVersionMajor !== 1 || request.httpVersionMinor > 1) {
    return refused("version-not-supported", `HTTP/${request.httpVersion} is not spoken here`);
  }
  if (method === "TRACE") return refused("method-not-allowed", "TRACE would show the client what figway adds");
  if (method === "CONNECT" || RTSP_METHODS.has(method)) return refused("not-implemented", `${method} is not served`);
  if (target.length > limits.maxTargetBytes)
    return refused("target-too-long", `the target has ${target.length} octets`);
  if (!TARGET.test(target))
    return refused("bad-request", "the target holds an octet that no URI may hold (RFC 3986 §2)");
  return undefined;
}

function screenFields(
  request: IncomingMessage,
  fields: ScreenedFields,
  limits: ScreenLimits,
): ScreenedRequest | undefined {
  const count = request.rawHeaders.length / 2;
  if (count > limits.maxHeaderFields) return refused("fields-too-large", `the request has ${count} header fields`);
  return screenHost(request, fields) ?? screenBodyLength(request, fields) ?? screenExpectation(request, fields);
}

/** RFC 9112 §3.2: no Host (but in HTTP/1.0), several, or an invalid one is answered with 400. */
function screenHost(request: IncomingMessage, fields: ScreenedFields): ScreenedRequest | undefined {
  if (fields.hostCount > 1) return refused("bad-host", "the request has several Host fields");
  if (fields.host === undefined) {
    return request.httpVersionMinor === 0 ? undefined : refused("bad-host", "the request has no Host field");
  }
  return isValidHost(fields.host) ? undefined : refused("bad-host", "the Host field is no host with an optional port");
}

/** RFC 9112 §6.1–6.3: whatever leaves the end of the body open to interpretation is refused. */
function screenBodyLength(request: IncomingMessage, fields: ScreenedFields): ScreenedRequest | undefined {
  const { transferEncoding, contentLength } = fields;
  if (transferEncoding === undefined && contentLength === undefined) return undefined;
  if (fields.transferEncodingCount + fields.contentLengthCount > 1) {
    return refused("ambiguous-framing", "the body length is given more than once");
  }
  if (contentLength !== undefined) {
    if (/^\d{1,15}$/.test(contentLength)) return undefined;
    return refused("ambiguous-framing", "Content-Length is no plain number");
  }
  if (request.httpVersionMinor === 0)
    return refused("ambiguous-framing", "Transfer-Encoding in HTTP/1.0 (RFC 9112 §6.1)");
  if (transferEncoding?.toLowerCase() === "chunked") return undefined;
  return refused("ambiguous-framing", "Transfer-Encoding is something else than chunked alone");
}

/** RFC 9110 §10.1.1: 100-continue is the only expectation there is; HTTP/1.0 has none. */
function screenExpectation(request: IncomingMessage, fields: ScreenedFields): ScreenedRequest | undefined {
  if (fields.expect === undefined || request.httpVersionMinor === 0) return undefined;
  if (fields.expect.toLowerCase() === "100-continue") return undefined;
  return refused("expectation-failed", "only 100-continue can be expected");
}

function effectiveTarget(request: IncomingMessage, host: string, fields: ScreenedFields): ScreenedRequest {
  const target = request.url as string;
  const maxForwards = request.method === "OPTIONS" ? oneLess(fields.maxForwards) : undefined;
  if (target.charCodeAt(0) === 0x2f) return { kind: "ok", host, target, maxForwards };
  if (target === "*") {
    if (request.method === "OPTIONS") return { kind: "ok", host, target, maxForwards };
    return refused("bad-request", "the target * is for OPTIONS alone (RFC 9112 §3.2.4)");
  }
  const absolute = splitAbsoluteForm(target, request.method as string);
  if (absolute === undefined || !isValidHost(absolute.host)) {
    return refused("bad-request", "the target is neither a path nor an absolute http URI");
  }
  return { kind: "ok", host: absolute.host, target: absolute.target, maxForwards };
}

function oneLess(maxForwards: string | undefined): number | undefined {
  return maxForwards !== undefined && /^\d{1,9}$/.test(maxForwards) ? Math.max(0, Number(maxForwards) - 1) : undefined;
}

/** What an HTTP/1.0 request without Host is for: the address that it came to (RFC 9110 §7.2 knows no better). */
function ownAuthority({ socket }: IncomingMessage): string {
  const address = socket.localAddress ?? "localhost";
  return `${address.includes(":") ? `[${address}]` : address}:${socket.localPort ?? 80}`;
}

/** One pass; the length of a name decides before its letters are looked at. */
function readFields(headers: readonly string[]): ScreenedFields {
  const fields: ScreenedFields = {
    host: undefined,
    hostCount: 0,
    contentLength: undefined,
    contentLengthCount: 0,
    transferEncoding: undefined,
    transferEncodingCount: 0,
    expect: undefined,
    maxForwards: undefined,
  };
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    switch (name.length) {
      case 4:
      case 6:
      case 12:
      case 14:
      case 17:
        takeField(fields, name.toLowerCase(), headers[i + 1] as string);
    }
  }
  return fields;
}

function takeField(fields: ScreenedFields, lowerName: string, value: string): void {
  switch (lowerName) {
    case "host":
      fields.host = value;
      fields.hostCount += 1;
      break;
    case "content-length":
      fields.contentLength = value;
      fields.contentLengthCount += 1;
      break;
    case "transfer-encoding":
      fields.transferEncoding = value;
      fields.transferEncodingCount += 1;
      break;
    case "expect":
      fields.expect = fields.expect === undefined ? value : `${fields.expect}, ${value}`;
      break;
    case "max-forwards":
      fields.maxForwards = value;
  }
}

function refused(code: GatewayErrorCode, detail: string): ScreenedRequest {
  return { kind: "refused", error: new GatewayError(code, detail) };
}
