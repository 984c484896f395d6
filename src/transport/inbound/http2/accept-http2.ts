import { createServer, type ServerHttp2Session } from "node:http2";
import type { TLSSocket } from "node:tls";
import type { InboundLimits } from "../../../config/schema/listen.ts";

/** Requests at once on one connection. Browsers expect a hundred. */
const MAX_STREAMS = 100;
/**
 * What one stream may send before figway has passed it on. Node opens the connection's window again as soon as it has read, so this
 * alone, a hundred times, bounds what a client with many uploads can have kept for it.
 */
const STREAM_WINDOW_BYTES = 131_072;
const CONNECTION_WINDOW_BYTES = 1_048_576;
/** Pseudo-header fields, and cookies in crumbs. Beyond it the stream is reset; below, the screening answers 431 with reason. */
const FIELDS_BESIDE = 64;
/** More than any head that the response parser takes, as nghttp2 counts it; beyond, Node gives up the whole connection. */
const MAX_ANSWER_HEAD_BYTES = 262_144;

/**
 * Takes connections whose TLS handshake chose `h2`. Every count that a client could drive up without end has a limit here or in nghttp2:
 * streams at once, resets (CVE-2023-44487), CONTINUATION frames (CVE-2024-27983), SETTINGS and PINGs unanswered (CVE-2019-9512, -9515),
 * memory. WebSockets over HTTP/2 (RFC 8441) are not offered: a browser then opens an HTTP/1.1 connection for them.
 */
export function acceptHttp2(
  limits: InboundLimits,
  onSession: (session: ServerHttp2Session, socket: TLSSocket) => void,
) {
  const server = createServer({
    maxSessionMemory: 10,
    maxSettings: 32,
    maxOutstandingPings: 10,
    maxSessionInvalidFrames: 100,
    maxSessionRejectedStreams: 50,
    // A hundred streams may be given up at once, as by leaving a page; then 20 a second. From Node 22.21 and 24.9.
    streamResetBurst: 2 * MAX_STREAMS,
    streamResetRate: 20,
    // What an upstream sends twice goes on twice.
    strictSingleValueFields: false,
    maxHeaderListPairs: 2 * limits.maxHeaderFields + FIELDS_BESIDE,
    maxSendHeaderBlockLength: MAX_ANSWER_HEAD_BYTES,
    settings: {
      enablePush: false,
      maxConcurrentStreams: MAX_STREAMS,
      maxHeaderListSize: limits.maxHeaderBytes,
      initialWindowSize: STREAM_WINDOW_BYTES,
    },
  });
  return (socket: TLSSocket): void => {
    server.once("session", (session) => {
      session.setLocalWindowSize(CONNECTION_WINDOW_BYTES);
      onSession(session, socket);
    });
    server.emit("connection", socket);
  };
}
