import { createHash, timingSafeEqual } from "node:crypto";
import type { NextFunction, Request, RequestHandler, Response } from "express";

const LOOPBACK_NAMES = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/**
 * Who may use the admin listener. With a token: whoever has it. Without one the listener is on loopback, and only a request that
 * names loopback as its Host is heard, which a page of another site cannot send even by rebinding its name (DNS rebinding); a
 * change is not taken from a page of another site either.
 */
export function guardAdmin(token: string | undefined): RequestHandler {
  return function guard(request: Request, response: Response, next: NextFunction): void {
    if (token !== undefined) {
      if (isBearer(request.headers.authorization, token)) next();
      else problem(response, 401, "The admin token is missing or wrong: send it as Authorization: Bearer …");
      return;
    }
    if (!LOOPBACK_NAMES.test(request.headers.host ?? "")) {
      problem(
        response,
        403,
        "Without an admin token, the admin listener is asked by a loopback name only, such as 127.0.0.1.",
      );
      return;
    }
    const site = request.headers["sec-fetch-site"];
    if (request.method !== "GET" && site !== undefined && site !== "same-origin" && site !== "none") {
      problem(response, 403, "The request came from another site.");
      return;
    }
    next();
  };
}

/** An error answer of the admin API (RFC 9457). */
export function problem(response: Response, status: number, detail: string): void {
  response
    .status(status)
    .type("application/problem+json")
    .send(`${JSON.stringify({ status, detail })}\n`);
}

function isBearer(field: string | undefined, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(field ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(given), digest(token));
}

/** Equal lengths, so that the comparison can take constant time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
