import { createHmac, timingSafeEqual } from "node:crypto";

const SIGNED = "s:";

/**
 * The session id within a decoded cookie value `s:<id>.<base64 HMAC-SHA256 of the id, without padding>`, or undefined where it is
 * not signed by one of the secrets. The format and the split at the last dot are cookie-signature 1.0.7's, which express-session 1.19
 * verifies with; every secret is tried, in constant time each. An empty id is no id: express-session starts a session anew then.
 */
export function unsignSessionId(value: string, secrets: readonly string[]): string | undefined {
  if (!value.startsWith(SIGNED)) return undefined;
  const dot = value.lastIndexOf(".");
  if (dot <= SIGNED.length) return undefined;
  const id = value.slice(SIGNED.length, dot);
  const signature = Buffer.from(value.slice(dot + 1));
  return secrets.some((secret) => isSignature(signature, id, secret)) ? id : undefined;
}

function isSignature(signature: Buffer, id: string, secret: string): boolean {
  const expected = Buffer.from(createHmac("sha256", secret).update(id).digest("base64").replace(/=+$/, ""));
  return expected.length === signature.length && timingSafeEqual(expected, signature);
}
