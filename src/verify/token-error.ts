/** Every way in which a token is not accepted, with the sentence that a client may read. */
const TOKEN_ERRORS = {
  "token-missing": "The request carries no bearer token.",
  "token-malformed": "The token cannot be read.",
  "token-expired": "The token has expired.",
  "token-not-yet-valid": "The token is not valid yet.",
  "claim-missing": "The token lacks a claim, or has one of the wrong kind.",
  "wrong-audience": "The token was issued for another audience.",
  "wrong-issuer": "The token was issued by somebody else.",
  "wrong-type": "The token is not an access token.",
  "algorithm-not-allowed": "The token is signed with an algorithm that is not accepted.",
  "unknown-key": "The token is signed with a key that is not known.",
  "bad-signature": "The signature of the token is wrong.",
  "keys-unavailable": "The keys that verify tokens cannot be fetched just now.",
} as const satisfies Record<string, string>;

/** A stable name for a reason. `keys-unavailable` blames nobody's token: answer it with 503, every other one with 401. */
export type TokenErrorCode = keyof typeof TOKEN_ERRORS;

/** Why a token was not accepted. `message` may be shown to a client; `cause` is for the log alone. */
export class TokenError extends Error {
  readonly code: TokenErrorCode;

  constructor(code: TokenErrorCode, cause?: unknown) {
    super(TOKEN_ERRORS[code], cause === undefined ? {} : { cause });
    this.name = "TokenError";
    this.code = code;
  }
}

/** Reads jose's error codes (https://github.com/panva/jose, `JOSEErrorCode`) as figway's. */
export function tokenErrorFrom(error: unknown): TokenError {
  if (error instanceof TokenError) return error;
  const { code, claim, reason } = error as { code?: string; claim?: string; reason?: string };
  if (code === "ERR_JWT_CLAIM_VALIDATION_FAILED") return new TokenError(codeOfClaim(claim, reason), error);
  return new TokenError(CODE_OF_JOSE_ERROR[code ?? ""] ?? "token-malformed", error);
}

const CODE_OF_JOSE_ERROR: Readonly<Record<string, TokenErrorCode>> = {
  ERR_JWT_EXPIRED: "token-expired",
  ERR_JOSE_ALG_NOT_ALLOWED: "algorithm-not-allowed",
  ERR_JWS_SIGNATURE_VERIFICATION_FAILED: "bad-signature",
};

function codeOfClaim(claim: string | undefined, reason: string | undefined): TokenErrorCode {
  if (claim === "typ") return "wrong-type";
  if (reason !== "check_failed") return "claim-missing";
  if (claim === "aud") return "wrong-audience";
  if (claim === "iss") return "wrong-issuer";
  return claim === "nbf" ? "token-not-yet-valid" : "claim-missing";
}
