import { TokenError } from "./token-error.ts";
import type { VerifiedIdentity } from "./verified-identity.ts";
import type { Verifier } from "./verifier.ts";

/** A request of node:http, of anything built on it, or of the Fetch standard. */
export interface AuthenticatedRequest {
  readonly headers: { readonly authorization?: string | undefined } | { get(name: string): string | null };
}

export interface AuthenticateOptions {
  /** The user must have one of these in the claim `roles`. Default: any user will do. */
  readonly roles?: readonly string[];
}

export type Authentication =
  | { readonly kind: "user"; readonly user: VerifiedIdentity }
  /** No bearer token came with the request. */
  | { readonly kind: "anonymous" }
  | { readonly kind: "refused"; readonly refusal: Refusal };

/** The answer to a request that is refused: RFC 6750 §3 (fields), RFC 9457 (body). */
export interface Refusal {
  readonly status: 401 | 403 | 503;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  /** Why; `missing-role` for 403. */
  readonly error: TokenError | "missing-role";
}

/** How soon a client may try again when figway's keys cannot be fetched; a fetch itself is given 5 s. */
const RETRY_AFTER_SECONDS = 5;

/** Who sent this request? Rejects never: what cannot be accepted is an answer to send. */
export async function authenticate(
  verifier: Verifier,
  request: AuthenticatedRequest,
  options: AuthenticateOptions = {},
): Promise<Authentication> {
  const token = bearerToken(request);
  if (token === undefined) return { kind: "anonymous" };
  try {
    const user = await verifier.verify(token);
    const { roles } = options;
    if (roles === undefined || roles.some((role) => user.roles.includes(role))) return { kind: "user", user };
    return { kind: "refused", refusal: roleRefusal(verifier) };
  } catch (error) {
    const tokenError = error instanceof TokenError ? error : new TokenError("token-malformed", error);
    return { kind: "refused", refusal: tokenRefusal(verifier, tokenError) };
  }
}

/** The answer to a request without a token, where one is needed. */
export function missingTokenRefusal(verifier: Verifier): Refusal {
  return tokenRefusal(verifier, new TokenError("token-missing"));
}

/** RFC 6750 §2.1. The scheme's name is case-insensitive (RFC 9110 §11.1). */
const BEARER = /^bearer(?: +(.*))?$/i;

function bearerToken({ headers }: AuthenticatedRequest): string | undefined {
  const field =
    "get" in headers && typeof headers.get === "function"
      ? headers.get("authorization")
      : (headers as { authorization?: string }).authorization;
  const match = field === undefined || field === null ? null : BEARER.exec(field.trim());
  // Another scheme is not figway's and proves nothing here.
  return match === null ? undefined : (match[1] ?? "");
}

function tokenRefusal(verifier: Verifier, error: TokenError): Refusal {
  const { code, message } = error;
  if (code === "keys-unavailable") {
    const headers = { "retry-after": String(RETRY_AFTER_SECONDS) };
    return refusal({ status: 503, title: "Service Unavailable", detail: message, error, headers });
  }
  // RFC 6750 §3.1: a request that carries no credentials is told no error.
  const challenge =
    code === "token-missing"
      ? realm(verifier)
      : `${realm(verifier)}, error="invalid_token", error_description="${message}"`;
  const headers = { "www-authenticate": challenge };
  return refusal({ status: 401, title: "Unauthorized", detail: message, error, headers });
}

function roleRefusal(verifier: Verifier): Refusal {
  const detail = "The user has none of the roles that this needs.";
  const challenge = `${realm(verifier)}, error="insufficient_scope", error_description="${detail}"`;
  const headers = { "www-authenticate": challenge };
  return refusal({ status: 403, title: "Forbidden", detail, error: "missing-role", headers });
}

/** A quoted-string of what RFC 6750 §3 lets an attribute hold. */
function realm(verifier: Verifier): string {
  return `Bearer realm="${verifier.audience.replace(/[^\x20\x21\x23-\x5b\x5d-\x7e]/g, "_")}"`;
}

function refusal(parts: {
  status: Refusal["status"];
  title: string;
  detail: string;
  error: Refusal["error"];
  headers: Record<string, string>;
}): Refusal {
  const { status, title, detail, error } = parts;
  const code = error instanceof TokenError ? error.code : error;
  return {
    status,
    headers: { "content-type": "application/problem+json", "cache-control": "no-store", ...parts.headers },
    body: JSON.stringify({ type: "about:blank", title, status, detail, code }),
    error,
  };
}
