import { generateKeyPairSync, randomUUID } from "node:crypto";
import { type JSONWebKeySet, type JWK, SignJWT } from "jose";
import type { JsonObject } from "../model/json.ts";
import type { TokenAlgorithm, VerifierOptions } from "./verifier.ts";

export interface TestIssuerOptions {
  readonly issuer: string;
  readonly audience: string;
  /** Default: ES256. */
  readonly algorithm?: TokenAlgorithm;
  /** The present, in epoch milliseconds. Default: `Date.now`. */
  readonly nowMs?: () => number;
}

/** What to write into a token. Everything but the subject has a default that verifies. */
export interface TestToken {
  readonly subject: string;
  readonly claims?: JsonObject;
  /** Default: `test-session`. */
  readonly sessionHandle?: string;
  /** Negative: already expired. Default: 60. */
  readonly expiresInSeconds?: number;
  readonly issuer?: string;
  readonly audience?: string;
}

/** Stands in for figway in the tests of a modern service: the same tokens, a key of its own, and no network. */
export interface TestIssuer {
  readonly jwks: JSONWebKeySet;
  /** For `createVerifier`: `createVerifier(issuer.verifierOptions)`. */
  readonly verifierOptions: VerifierOptions;
  /** A token as figway would have minted it. */
  issue(token: TestToken): Promise<string>;
  /** The value of the `Authorization` field for such a token. */
  authorization(token: TestToken): Promise<string>;
}

export function createTestIssuer(options: TestIssuerOptions): TestIssuer {
  const { issuer, audience, algorithm = "ES256", nowMs = Date.now } = options;
  const { publicKey, privateKey } =
    algorithm === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  const kid = `test-${randomUUID()}`;
  const publicJwk = { ...publicKey.export({ format: "jwk" }), kid, alg: algorithm, use: "sig" } as JWK;
  const jwks = { keys: [publicJwk] };
  return { jwks, verifierOptions: { jwks, issuer, audience, nowMs }, issue, authorization };

  function issue(token: TestToken): Promise<string> {
    const nowSeconds = Math.floor(nowMs() / 1_000);
    return new SignJWT({ ...token.claims, sid: token.sessionHandle ?? "test-session" })
      .setProtectedHeader({ alg: algorithm, kid, typ: "at+jwt" })
      .setIssuer(token.issuer ?? issuer)
      .setAudience(token.audience ?? audience)
      .setSubject(token.subject)
      .setIssuedAt(nowSeconds - 2)
      .setExpirationTime(nowSeconds + (token.expiresInSeconds ?? 60))
      .setJti(randomUUID())
      .sign(privateKey);
  }

  async function authorization(token: TestToken): Promise<string> {
    return `Bearer ${await issue(token)}`;
  }
}
