import {
  createLocalJWKSet,
  createRemoteJWKSet,
  type JSONWebKeySet,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  jwtVerify,
} from "jose";
import { TokenError, tokenErrorFrom } from "./token-error.ts";
import { type VerifiedIdentity, verifiedIdentityFrom } from "./verified-identity.ts";

/** Asymmetric only: with a shared secret, whoever can verify a token could make one. */
export type TokenAlgorithm = "ES256" | "EdDSA";

export interface VerifierOptions {
  /** figway's key set, as `http://figway:3000/.figway/jwks.json`. Kept for 10 minutes; fetched anew for an unknown key id, at most every 30 s. */
  readonly jwksUrl?: string | URL;
  /** The key set itself instead of its address; for tests. */
  readonly jwks?: JSONWebKeySet;
  /** `identity.token.issuer` of figway's routes.json. */
  readonly issuer: string;
  /** This service's name: `audience` of its upstream in routes.json, or the upstream's name. */
  readonly audience: string;
  /** Default: both. */
  readonly algorithms?: readonly TokenAlgorithm[];
  /** How far the clocks of figway and this service may differ, in seconds: 0 to 10, default 5. */
  readonly clockToleranceSeconds?: number;
  /**
   * How many accepted tokens are remembered, each for a minute at the most and never beyond its expiry, so that the next request with
   * the same token costs no signature check. figway uses one token for many requests. Default 1000 (about 1 MB); 0: none.
   */
  readonly maxCachedTokens?: number;
  /** The present, in epoch milliseconds. Default: `Date.now`. */
  readonly nowMs?: () => number;
}

export interface Verifier {
  readonly audience: string;
  /** The identity that the token proves. Rejects with a TokenError, and with nothing else. */
  verify(token: string): Promise<VerifiedIdentity>;
}

const ALGORITHMS: readonly TokenAlgorithm[] = ["ES256", "EdDSA"];
const MAX_CLOCK_TOLERANCE_SECONDS = 10;
/** figway's own budget is 2 KB; what is far beyond it is not worth parsing. */
const MAX_TOKEN_LENGTH = 16_384;

/**
 * How long the signature of a token counts as checked. Bounded on its own, because whoever stole a key chooses the expiry: a forged token
 * must not be believed for longer than the key itself.
 */
const REMEMBER_MS = 60_000;

interface AcceptedToken {
  readonly identity: VerifiedIdentity;
  readonly acceptedAtMs: number;
  readonly untilMs: number;
}

/** Verifies figway's tokens with everything pinned: key set, issuer, audience, algorithm, type, required claims. */
export function createVerifier(options: VerifierOptions): Verifier {
  const { nowMs = Date.now, maxCachedTokens = 1_000 } = options;
  const pinned = pinnedOptions(options);
  const toleranceMs = (pinned.clockTolerance as number) * 1_000;
  const keyOf = keySource(options);
  /** In the order of arrival, which is nearly that of expiry: the first is always the one to drop. */
  const accepted = new Map<string, AcceptedToken>();
  return { audience: options.audience, verify };

  async function verify(token: string): Promise<VerifiedIdentity> {
    const presentMs = nowMs();
    const known = accepted.get(token);
    // A time before the acceptance: the clock was set back, and nothing can be said of how long ago that was.
    if (known !== undefined && presentMs >= known.acceptedAtMs && presentMs < known.untilMs) return known.identity;
    accepted.delete(token);
    const identity = await verifyAnew(token, presentMs);
    const untilMs = Math.min(identity.expiresAtMs + toleranceMs, presentMs + REMEMBER_MS);
    remember(token, { identity, acceptedAtMs: presentMs, untilMs });
    return identity;
  }

  async function verifyAnew(token: string, presentMs: number): Promise<VerifiedIdentity> {
    if (typeof token !== "string" || token === "") throw new TokenError("token-missing");
    if (token.length > MAX_TOKEN_LENGTH) throw new TokenError("token-malformed");
    try {
      const result = await jwtVerify(token, keyOf, { ...pinned, currentDate: new Date(presentMs) });
      return verifiedIdentityFrom(result);
    } catch (error) {
      throw tokenErrorFrom(error);
    }
  }

  function remember(token: string, entry: AcceptedToken): void {
    if (maxCachedTokens <= 0) return;
    accepted.set(token, entry);
    if (accepted.size <= maxCachedTokens) return;
    for (const oldest of accepted.keys()) {
      accepted.delete(oldest);
      return;
    }
  }
}

/**
 * Refuses at the start what would weaken every check after it: jose skips the issuer and the audience where they are
 * undefined, as they are when an environment variable is missing.
 */
function pinnedOptions(options: VerifierOptions): JWTVerifyOptions {
  const { issuer, audience, algorithms = ALGORITHMS, clockToleranceSeconds = 5 } = options;
  for (const [name, value] of Object.entries({ issuer, audience })) {
    if (typeof value !== "string" || value === "")
      throw new TypeError(`createVerifier: "${name}" must be a non-empty string`);
  }
  if (algorithms.length === 0 || algorithms.some((algorithm) => !ALGORITHMS.includes(algorithm)))
    throw new TypeError(
      `createVerifier: "algorithms" may hold ${ALGORITHMS.join(" and ")} only, and must not be empty`,
    );
  if (!(clockToleranceSeconds >= 0 && clockToleranceSeconds <= MAX_CLOCK_TOLERANCE_SECONDS))
    throw new TypeError(`createVerifier: "clockToleranceSeconds" must be from 0 to ${MAX_CLOCK_TOLERANCE_SECONDS}`);
  return {
    issuer,
    audience,
    algorithms: [...algorithms],
    clockTolerance: clockToleranceSeconds,
    // RFC 9068 §4: a verifier of access tokens refuses every other type, so that no other JWT of the issuer passes as one.
    typ: "at+jwt",
    requiredClaims: ["sub", "exp", "iat", "jti", "sid"],
  };
}

function keySource({ jwksUrl, jwks }: VerifierOptions): JWTVerifyGetKey {
  if ((jwksUrl === undefined) === (jwks === undefined))
    throw new TypeError('createVerifier: give either "jwksUrl" or "jwks"');
  const find: JWTVerifyGetKey =
    jwks === undefined
      ? createRemoteJWKSet(new URL(jwksUrl as string | URL), {
          cacheMaxAge: 600_000,
          cooldownDuration: 30_000,
          timeoutDuration: 5_000,
        })
      : createLocalJWKSet(jwks);
  return async (header, token) => {
    // Without a key id jose would try whichever key fits the algorithm.
    if (typeof header.kid !== "string" || header.kid === "") throw new TokenError("unknown-key");
    try {
      return await find(header, token);
    } catch (error) {
      const { code } = error as { code?: string };
      const unknown = code === "ERR_JWKS_NO_MATCHING_KEY" || code === "ERR_JWKS_MULTIPLE_MATCHING_KEYS";
      throw new TokenError(unknown ? "unknown-key" : "keys-unavailable", error);
    }
  };
}
