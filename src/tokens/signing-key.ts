import { createHash, createPrivateKey, generateKeyPairSync, type KeyObject, sign, verify } from "node:crypto";
import type { TokenConfig } from "../config/schema/identity.ts";

export type TokenAlgorithm = TokenConfig["algorithm"];

/** The public part of a key: P-256 (RFC 7518 §6.2) or Ed25519 (RFC 8037 §2). */
export interface PublicJwk {
  readonly kty: string;
  readonly crv: string;
  readonly x: string;
  readonly y?: string;
}

export interface PrivateJwk extends PublicJwk {
  readonly d: string;
}

/** A key and its life. The key may verify from the moment it is stored; it signs only within its times. */
export interface SigningKey {
  /** The RFC 7638 thumbprint, unless a key that was brought along names itself otherwise. */
  readonly kid: string;
  readonly algorithm: TokenAlgorithm;
  readonly privateJwk: PrivateJwk;
  readonly createdAtMs: number;
  /** Not used for signing before: verifiers must have had time to fetch it. Epoch milliseconds. */
  readonly activeFromMs: number;
  /** Not published any more from then on; undefined while no successor is named. Epoch milliseconds. */
  readonly retiresAtMs: number | undefined;
}

const CURVES = {
  ES256: { kty: "EC", crv: "P-256" },
  EdDSA: { kty: "OKP", crv: "Ed25519" },
} as const satisfies Record<TokenAlgorithm, { kty: string; crv: string }>;

/** The algorithm that a key of this type signs with; undefined for every type that figway does not take. */
export function algorithmOf(jwk: { kty: string; crv: string }): TokenAlgorithm | undefined {
  const entry = Object.entries(CURVES).find(([, curve]) => curve.kty === jwk.kty && curve.crv === jwk.crv);
  return entry?.[0] as TokenAlgorithm | undefined;
}

/** A new key. Its randomness is OpenSSL's, the one thing here that no test can prescribe. */
export function generateSigningKey(
  algorithm: TokenAlgorithm,
  times: { createdAtMs: number; activeFromMs: number },
): SigningKey {
  const { privateKey } =
    algorithm === "ES256" ? generateKeyPairSync("ec", { namedCurve: "P-256" }) : generateKeyPairSync("ed25519");
  const privateJwk = privateKey.export({ format: "jwk" }) as unknown as PrivateJwk;
  return { kid: thumbprintOf(privateJwk), algorithm, privateJwk, ...times, retiresAtMs: undefined };
}

/** RFC 7638 §3: SHA-256 over the required members in lexical order. */
export function thumbprintOf({ kty, crv, x, y }: PublicJwk): string {
  return createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
}

/** What may be shown to everybody. Names each member, so that nothing private can slip through. */
export function publicPartOf(jwk: Omit<PublicJwk, "y"> & { readonly y?: string | undefined }): PublicJwk {
  const { kty, crv, x, y } = jwk;
  return y === undefined ? { kty, crv, x } : { kty, crv, x, y };
}

/** The raw signature of JWS: for ES256 the two numbers side by side, not ASN.1 (RFC 7518 §3.4). */
export function signOctets(algorithm: TokenAlgorithm, octets: Buffer, key: KeyObject): Buffer {
  return algorithm === "ES256" ? sign("sha256", octets, { key, dsaEncoding: "ieee-p1363" }) : sign(null, octets, key);
}

/** Whether the private part makes signatures that the public part accepts. A key pasted together from two does not. */
export function isWholeKey({ algorithm, privateJwk }: SigningKey): boolean {
  try {
    const probe = Buffer.from("figway");
    const signature = signOctets(algorithm, probe, createPrivateKey({ key: { ...privateJwk }, format: "jwk" }));
    const key = { key: { ...publicPartOf(privateJwk) }, format: "jwk" } as const;
    return algorithm === "ES256"
      ? verify("sha256", probe, { ...key, dsaEncoding: "ieee-p1363" }, signature)
      : verify(null, probe, key, signature);
  } catch {
    // OpenSSL's own refusal of the numbers says the same thing.
    return false;
  }
}
