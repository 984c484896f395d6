import { STATUS_CODES } from "node:http";
import { GATEWAY_ERRORS, type GatewayErrorCode } from "../../model/gateway-error.ts";

/** Ways to fail below the pipeline, where there is no request to speak of: 408 is no exchange's outcome, 413 is of the parser. */
export type ProtocolFailure = GatewayErrorCode | "request-timeout" | "websocket-version";

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
