import type { IncomingMessage } from "node:http";
import type { RequestHandler, Response } from "express";
import { decodeJwt, decodeProtectedHeader, type JWTPayload, type ProtectedHeaderParameters } from "jose";
import type { FigwayRequest } from "../src/verify.ts";

/** What reached this service with the last request to /api/me or to the orders. Names and decoded claims, never a credential. */
export interface LastRequest {
  readonly at: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** In lower case, in the order of arrival. */
  readonly headerNames: readonly string[];
  readonly cookieArrived: boolean;
  readonly token: {
    readonly verified: boolean;
    readonly header: ProtectedHeaderParameters;
    readonly claims: JWTPayload;
  } | null;
}

export interface CredentialsWatch {
  /** Warns of cookies and remembers the last request that matters. */
  readonly middleware: RequestHandler;
  /** A cookie on an upgrade request is as wrong as on any other. */
  noteCookies(req: IncomingMessage): void;
  /** Demo diagnostics, for whoever asks this service itself on its own machine: not through a proxy, not from elsewhere. */
  readonly answerLastRequest: RequestHandler;
}

const WATCHED = /^\/(?:api\/(?:me|orders)|orders)(?:\/|$)/;
const LOOPBACK = /^(?:127\.|::1$|::ffff:127\.)/;

export function watchCredentials(warn: (line: string) => void): CredentialsWatch {
  let cookieRequests = 0;
  let lastRequest: LastRequest | null = null;
  return { middleware, noteCookies, answerLastRequest };

  function noteCookies(req: IncomingMessage): void {
    const { cookie } = req.headers;
    if (cookie === undefined) return;
    cookieRequests += 1;
    const names = cookie.split(";").map((pair) => pair.split("=", 1)[0]?.trim());
    warn(
      `WARNING: a Cookie header reached modern on ${req.method} ${req.url} (cookies: ${names.join(", ")}); the gateway must strip it.`,
    );
  }

  function middleware(...[req, res, next]: Parameters<RequestHandler>): void {
    noteCookies(req);
    if (WATCHED.test(req.path)) res.once("finish", () => (lastRequest = describe(req, res)));
    next();
  }

  function answerLastRequest(...[req, res, next]: Parameters<RequestHandler>): void {
    const proxied = req.headers["x-forwarded-for"] !== undefined || req.headers.via !== undefined;
    if (proxied || !LOOPBACK.test(req.socket.remoteAddress ?? "")) return next();
    res.set("cache-control", "no-store").json({ lastRequest, cookieRequests });
  }
}

function describe(req: FigwayRequest & { originalUrl: string }, res: Response): LastRequest {
  return {
    at: new Date().toISOString(),
    method: req.method ?? "",
    path: req.originalUrl.split("?", 1)[0] ?? "",
    status: res.statusCode,
    headerNames: req.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase()),
    cookieArrived: req.headers.cookie !== undefined,
    token: decodeToken(req),
  };
}

/** Decoded here for display only; whether it proved anything is what the verifier said (`req.figway`). */
function decodeToken(req: FigwayRequest): LastRequest["token"] {
  const token = /^bearer +(\S+)$/i.exec(req.headers.authorization ?? "")?.[1];
  if (token === undefined) return null;
  try {
    return { verified: req.figway !== undefined, header: decodeProtectedHeader(token), claims: decodeJwt(token) };
  } catch {
    // Not a JWT at all: there is nothing to show, and the verifier has refused it.
    return null;
  }
}
