import type { IncomingMessage } from "node:http";

/**
 * Whether a request asks for a WebSocket so that figway answers it as such: a GET of HTTP/1.1 without a body whose `Upgrade`
 * lists `websocket` (RFC 6455 §4.1). Everything else is an ordinary request, whose Upgrade is not passed on.
 */
export function isWebSocketUpgrade(request: IncomingMessage): boolean {
  if (request.method !== "GET" || request.httpVersionMajor !== 1 || request.httpVersionMinor !== 1) return false;
  let asked = false;
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const value = request.rawHeaders[i + 1] as string;
    switch ((request.rawHeaders[i] as string).toLowerCase()) {
      case "upgrade":
        asked ||= /(?:^|,)[ \t]*websocket[ \t]*(?:$|,)/i.test(value);
        break;
      case "transfer-encoding":
        return false;
      case "content-length":
        if (!/^0+$/.test(value)) return false;
    }
  }
  return asked;
}
