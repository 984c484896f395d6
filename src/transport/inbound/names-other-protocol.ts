import type { IncomingMessage } from "node:http";
import type { Socket } from "node:net";

/** What Node's own server reads with; undocumented, and asked politely. */
type ParsedSocket = Socket & { readonly parser?: { getCurrentBuffer?(): Buffer | undefined } | null };

/**
 * Whether the request line names RTSP/1.0 or ICE/1.0, which Node's parser takes for HTTP/1.0 without telling (llhttp, seen in 26.10).
 * Looks at the octets that the parser is just reading, so it must be asked while the request is announced, and a line that came in an
 * earlier packet than the end of its head stays unseen: then it is served as HTTP/1.0, which it reads like.
 */
export function namesOtherProtocol({ method, url, socket, httpVersionMinor }: IncomingMessage): boolean {
  if (httpVersionMinor !== 0) return false;
  const octets = (socket as ParsedSocket).parser?.getCurrentBuffer?.();
  if (octets === undefined) return false;
  const line = `${method} ${url}`;
  return octets.includes(`${line} RTSP/1.0\r\n`, "latin1") || octets.includes(`${line} ICE/1.0\r\n`, "latin1");
}
