import type { ClientRequest } from "../client-request.ts";
import { type ClientSide, sendAnswer } from "../client-side.ts";
import { type ScreenLimits, screenRequest } from "./screen-request.ts";

/**
 * Answers an OPTIONS request with `Max-Forwards: 0`, which must go no further (RFC 9110 §7.6.2): figway is its last recipient.
 * Returns whether it did. One that the screening refuses is refused like any other.
 */
export function answersAsLastHop(request: ClientRequest, client: ClientSide, limits: ScreenLimits): boolean {
  const { maxForwards } = request.facts;
  if (request.method !== "OPTIONS" || maxForwards === undefined || !/^0+$/.test(maxForwards)) return false;
  if (screenRequest(request, limits).kind === "refused") return false;
  sendAnswer(client, 200, ["Allow", "GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS", "Content-Length", "0"]);
  return true;
}
