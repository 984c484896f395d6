import { STATUS_CODES } from "node:http";
import { GATEWAY_ERRORS, type GatewayErrorCode } from "../../model/gateway-error.ts";

/** Ways to fail below the pipeline, where there is no request to speak of: 408 is no exchange's outcome, 413 is of the parser. */
export type ProtocolFailure = GatewayErrorCode | "request-timeout" | "websocket-version";

/** What Node's parser reports with an error: the chunk it was reading and how far it came. */
export interface ParserError extends Error {
  readonly code?: string;
  readonly rawPacket?: Buffer;
  readonly bytesParsed?: number;
}

/** A complete small answer that closes the connection, as problem+json (RFC 9457). */
export function protocolAnswer(failure: ProtocolFailure): Buffer {
  const { status, title, fields = "Connection: close\r\n" }: Answer = { ...OWN_FAILURES, ...GATEWAY_ERRORS }[failure];
  const body = JSON.stringify({ type: "about:blank", title, status, code: failure });
  return Buffer.from(
    `HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\nDate: ${new Date().toUTCString()}\r\n` +
      "Content-Type: application/problem+json\r\nCache-Control: no-store\r\n" +
      `${fields}Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`,
  );
}

interface Answer {
  readonly status: number;
  readonly title: string;
  readonly fields?: string;
}

const OWN_FAILURES = {
  "request-timeout": { status: 408, title: "The request took too long to arrive." },
  "websocket-version": {
    status: 426,
    title: "Only version 13 of the WebSocket protocol is spoken.",
    // RFC 9110 §15.5.22 and RFC 6455 §4.4.
    fields: "Connection: Upgrade, close\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
  },
} as const satisfies Record<string, Answer>;

/** What a parser error means for the client; undefined: the connection is gone, nothing can be said. */
export function failureOf(error: ParserError): ProtocolFailure | undefined {
  const { code } = error;
  if (code === "ERR_HTTP_REQUEST_TIMEOUT") return "request-timeout";
  if (code === undefined || !code.startsWith("HPE_")) return undefined;
  return PARSER_FAILURES[code]?.(error) ?? "bad-request";
}

/** By llhttp's error codes; every other one is 400. */
const PARSER_FAILURES: Readonly<Record<string, (error: ParserError) => ProtocolFailure>> = {
  HPE_HEADER_OVERFLOW: (error) => (endedInRequestLine(error) ? "target-too-long" : "fields-too-large"),
  HPE_CHUNK_EXTENSIONS_OVERFLOW: () => "body-too-large",
  HPE_PAUSED_H2_UPGRADE: () => "version-not-supported",
  HPE_INVALID_VERSION: (error) => (/ HTTP\/\d\.\d\r$/.test(lineOf(error)) ? "version-not-supported" : "bad-request"),
  // A method that llhttp does not know is no mistake of the client's: 501 (RFC 9110 §15.6.2).
  HPE_INVALID_METHOD: (error) => (isUnknownMethod(lineOf(error)) ? "not-implemented" : "bad-request"),
  HPE_INVALID_CONSTANT: (error) => (isUnknownMethod(lineOf(error)) ? "not-implemented" : "bad-request"),
};

/** A request line in perfect order, but for its method. */
function isUnknownMethod(line: string): boolean {
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64} [/*h][\x21-\x7e]* HTTP\/1\.[01]\r$/.test(line);
}

/** The line in which the parser stopped, without its line feed; empty where it did not arrive in one piece. */
function lineOf({ rawPacket, bytesParsed }: ParserError): string {
  if (rawPacket === undefined || bytesParsed === undefined) return "";
  const start = bytesParsed === 0 ? 0 : rawPacket.lastIndexOf(0x0a, bytesParsed - 1) + 1;
  const end = rawPacket.indexOf(0x0a, bytesParsed);
  return end === -1 ? "" : rawPacket.toString("latin1", start, Math.min(end, start + 8_192));
}

/** Whether the head overflowed before its first line had ended: then the target was too long. */
function endedInRequestLine({ rawPacket, bytesParsed }: ParserError): boolean {
  if (rawPacket === undefined || bytesParsed === undefined) return false;
  const lineEnd = rawPacket.lastIndexOf(0x0a, Math.max(0, bytesParsed - 1));
  const start = rawPacket.toString("latin1", lineEnd + 1, lineEnd + 66);
  return /^[A-Z-]{1,32} [/*h]/.test(start);
}
