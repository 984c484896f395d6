import type { JWTPayload, JWTVerifyResult } from "jose";
import type { JsonObject, JsonValue } from "../model/json.ts";
import { TokenError } from "./token-error.ts";

/** Who a verified token speaks of. Frozen, because requests that bear the same token share it. */
export interface VerifiedIdentity {
  /** The user's id in the legacy application (`sub`). */
  readonly subject: string;
  /** What figway was configured to pass on about the user; registered claims are not among them. */
  readonly claims: JsonObject;
  /** The claim `roles`, where it is a string or a list of strings; else empty. */
  readonly roles: readonly string[];
  /** A stable name of the user's session (`sid`): the same over all tokens of one login, and never the session id itself. */
  readonly sessionHandle: string;
  /** The token's own id (`jti`). */
  readonly tokenId: string;
  /** `iat` in epoch milliseconds. figway sets it two seconds early, so that a clock slightly behind does not reject it. */
  readonly issuedAtMs: number;
  /** `exp` in epoch milliseconds. */
  readonly expiresAtMs: number;
  /** `aud`, as a list. */
  readonly audience: readonly string[];
  /** The id of the key that signed (`kid`). */
  readonly keyId: string;
}

/** RFC 7519 §4.1 and `sid` (OpenID Connect Front-Channel Logout 1.0 §3): what the token says about itself. */
const REGISTERED = new Set(["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "sid"]);

/** Reads the claims of a token whose signature, issuer, audience and times have been checked. */
export function verifiedIdentityFrom({ payload, protectedHeader }: JWTVerifyResult): VerifiedIdentity {
  const { aud, iat, exp } = payload;
  // jose checks that required claims exist and that times are numbers, but takes any JSON value for the others.
  if (iat === undefined || exp === undefined || aud === undefined) throw new TokenError("claim-missing");
  const claims = Object.fromEntries(Object.entries(payload).filter(([name]) => !REGISTERED.has(name))) as JsonObject;
  return freezeDeeply({
    subject: textClaim(payload, "sub"),
    claims,
    roles: rolesOf(claims["roles"]),
    sessionHandle: textClaim(payload, "sid"),
    tokenId: textClaim(payload, "jti"),
    issuedAtMs: iat * 1_000,
    expiresAtMs: exp * 1_000,
    audience: Array.isArray(aud) ? aud : [aud],
    keyId: protectedHeader.kid as string,
  });
}

function textClaim(payload: JWTPayload, name: string): string {
  const value = payload[name];
  if (typeof value !== "string" || value === "") throw new TokenError("claim-missing");
  return value;
}

function rolesOf(value: JsonValue | undefined): readonly string[] {
  if (typeof value === "string") return [value];
  return Array.isArray(value) && value.every((role) => typeof role === "string") ? value : [];
}

function freezeDeeply<T>(value: T): T {
  if (typeof value !== "object" || value === null) return value;
  for (const member of Object.values(value)) freezeDeeply(member);
  return Object.freeze(value);
}
