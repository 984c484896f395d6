import { fieldValues, type RawHeaders } from "../../model/raw-headers.ts";

/** 16 octets in base64 (RFC 6455 §4.1, item 7). */
const KEY = /^[A-Za-z0-9+/]{21}[AQgw]==$/;

/** What is wrong with the handshake of a WebSocket, if anything (RFC 6455 §4.2.1). What the listener lets through is a GET of HTTP/1.1. */
export function screenHandshake(headers: RawHeaders): "bad-request" | "websocket-version" | undefined {
  const versions = fieldValues(headers, "sec-websocket-version");
  if (versions.length !== 1 || versions[0] !== "13") return versions.length > 1 ? "bad-request" : "websocket-version";
  const keys = fieldValues(headers, "sec-websocket-key");
  return keys.length === 1 && KEY.test(keys[0] as string) ? undefined : "bad-request";
}
