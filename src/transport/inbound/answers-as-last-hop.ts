import type { ClientRequest } from "../client-request.ts";
import { type ClientSide, sendAnswer } from "../client-side.ts";

/**
 * Answers an OPTIONS request with `Max-Forwards: 0`, which must go no further (RFC 9110 §7.6.2): figway is its last recipient.
 * Returns whether it did.
 */
export function answersAsLastHop(request: ClientRequest, client: ClientSide): boolean {
  const { maxForwards } = request.facts;
  if (request.method !== "OPTIONS" || maxForwards === undefined || !/^0+$/.test(maxForwards)) return false;
  sendAnswer(client, 200, ["Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", "Content-Length", "0"]);
  return true;
}
