import type { IncomingMessage, ServerResponse } from "node:http";
import { type AuthenticateOptions, authenticate, missingTokenRefusal, type Refusal } from "./authenticate.ts";
import type { VerifiedIdentity } from "./verified-identity.ts";
import type { Verifier } from "./verifier.ts";

/** A request after the middleware: `figway` is the user, or undefined where nobody is logged in. */
export type FigwayRequest = IncomingMessage & { figway?: VerifiedIdentity | undefined };

/** Fits `app.use()` of Express 4 and 5, Connect, and plain node:http by hand. */
export type FigwayMiddleware = (
  request: FigwayRequest,
  response: ServerResponse,
  next: (error?: unknown) => void,
) => Promise<void>;

/**
 * Lets only logged-in users through, and only those with one of `roles` where given. Others get 401 or 403 as
 * application/problem+json with the challenge of RFC 6750; 503 while the keys cannot be fetched.
 */
export function requireUser(verifier: Verifier, options: AuthenticateOptions = {}): FigwayMiddleware {
  return middleware(verifier, options, "required");
}

/** Lets everybody through whose token is right or who has none. A wrong token is refused rather than taken for nobody. */
export function optionalUser(verifier: Verifier): FigwayMiddleware {
  return middleware(verifier, {}, "optional");
}

/** The user of a request that `requireUser` let through. Throws where the middleware is missing on a route. */
export function userOf(request: FigwayRequest): VerifiedIdentity {
  if (request.figway === undefined) throw new Error("userOf: put requireUser(verifier) in front of this handler");
  return request.figway;
}

function middleware(verifier: Verifier, options: AuthenticateOptions, user: "required" | "optional"): FigwayMiddleware {
  return async function figwayUser(request, response, next) {
    let failure: unknown;
    try {
      const refusal = await admit(request);
      if (refusal !== undefined) return sendRefusal(response, refusal);
    } catch (error) {
      failure = error;
    }
    next(failure);
  };

  async function admit(request: FigwayRequest): Promise<Refusal | undefined> {
    const authentication = await authenticate(verifier, request, options);
    if (authentication.kind === "refused") return authentication.refusal;
    if (authentication.kind === "anonymous" && user === "required") return missingTokenRefusal(verifier);
    request.figway = authentication.kind === "user" ? authentication.user : undefined;
    return undefined;
  }
}

/** Answers a request with a refusal. */
export function sendRefusal(response: ServerResponse, refusal: Refusal): void {
  response.writeHead(refusal.status, { ...refusal.headers, "content-length": Buffer.byteLength(refusal.body) });
  response.end(refusal.body);
}
