import { createPrivateKey } from "node:crypto";
import { type SigningKey, signOctets } from "./signing-key.ts";

/** A key made ready to sign. There is one object per key, so that "the same signer" can be told by identity. */
export interface Signer {
  readonly kid: string;
  /** The protected header of every token it signs, base64url-encoded once (RFC 7515 §7.1). */
  readonly encodedHeader: string;
  /** The signature over ASCII text, base64url-encoded. */
  sign(signingInput: string): string;
}

/** Both algorithms make 64 octets (RFC 7518 §3.4, RFC 8032 §5.1.6). */
export const ENCODED_SIGNATURE_LENGTH = 86;

/**
 * Signs by OpenSSL on the spot. jose goes through WebCrypto and the thread pool: four times the CPU for a signature that takes 20 µs, and
 * two turns of the event loop.
 */
export function createSigner({ kid, algorithm, privateJwk }: SigningKey): Signer {
  const key = createPrivateKey({ key: { ...privateJwk }, format: "jwk" });
  // RFC 9068 §2.1: `at+jwt` tells an access token from every other kind of JWT.
  const header = JSON.stringify({ alg: algorithm, kid, typ: "at+jwt" });
  return {
    kid,
    encodedHeader: Buffer.from(header).toString("base64url"),
    sign: (signingInput) => signOctets(algorithm, Buffer.from(signingInput, "latin1"), key).toString("base64url"),
  };
}
