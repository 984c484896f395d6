import { createHash, timingSafeEqual } from "node:crypto";
import type { Request, RequestHandler } from "express";
import { problem } from "./refusal.ts";

const LOOPBACK_NAMES = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d+)?$/i;

/** Methods that change nothing (RFC 9110 §9.2.1). */
const SAFE_METHODS = new Set(["GET", "HEAD", "OPTIONS"]);

/**
 * Who may use the admin listener. With a token: whoever has it. Without one the listener is on loopback, and only a request that
 * names loopback as its Host is heard, which a page of another site cannot send even by rebinding its name (DNS rebinding); a
 * change is not taken from a page of another site either.
 */
export function guardAdmin(token: string | undefined): RequestHandler {
  return token === undefined ? guardByOrigin : guardByToken(token);
}

/** Who may see the dashboard's page, which shows nothing by itself: with a token everybody, since the page asks for it. */
export function guardPage(token: string | undefined): RequestHandler {
  return token === undefined ? guardByOrigin : (_request, _response, next) => next();
}

/** On every answer: nobody keeps it, guesses its type, shows it in a frame, or learns where a link was followed from. */
export const secureAnswers: RequestHandler = (_request, response, next) => {
  response.set({
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
  });
  next();
};

function guardByToken(token: string): RequestHandler {
  return function guard(request, response, next): void {
    if (isBearer(request.headers.authorization, token)) {
      next();
      return;
    }
    response.set("WWW-Authenticate", 'Bearer realm="figway admin"');
    problem(response, 401, "The admin token is missing or wrong: send it as Authorization: Bearer …");
  };
}

const guardByOrigin: RequestHandler = (request, response, next) => {
  if (!LOOPBACK_NAMES.test(request.headers.host ?? "")) {
    problem(
      response,
      403,
      "Without an admin token, the admin listener is asked by a loopback name only, such as 127.0.0.1.",
    );
  } else if (!SAFE_METHODS.has(request.method) && isCrossSite(request)) {
    problem(response, 403, "The request came from another site.");
  } else {
    next();
  }
};

/** By Fetch Metadata, and by Origin for browsers without it. A program sends neither. */
function isCrossSite({ headers }: Request): boolean {
  const site = headers["sec-fetch-site"];
  if (site !== undefined && site !== "same-origin" && site !== "none") return true;
  // The admin listener speaks plain HTTP.
  return headers.origin !== undefined && headers.origin !== `http://${headers.host}`;
}

function isBearer(field: string | undefined, token: string): boolean {
  const given = /^Bearer (.+)$/i.exec(field ?? "")?.[1] ?? "";
  return timingSafeEqual(digest(given), digest(token));
}

/** Equal lengths, so that the comparison can take constant time. */
function digest(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}
