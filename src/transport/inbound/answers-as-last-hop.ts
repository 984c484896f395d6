import type { IncomingMessage, ServerResponse } from "node:http";
import { firstFieldValue } from "../../model/raw-headers.ts";

/**
 * Answers an OPTIONS request with `Max-Forwards: 0`, which must go no further (RFC 9110 §7.6.2): figway is its last recipient.
 * Returns whether it did.
 */
export function answersAsLastHop(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.method !== "OPTIONS") return false;
  const maxForwards = firstFieldValue(request.rawHeaders, "max-forwards");
  if (maxForwards === undefined || !/^0+$/.test(maxForwards)) return false;
  response.writeHead(200, { Allow: "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", "Content-Length": "0" });
  response.end();
  return true;
}
