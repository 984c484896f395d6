import { createHash } from "node:crypto";
import type { PublishedKey } from "./keyring.ts";

/** How long anybody may keep the document, on top of the verifier's own cache. Within the margin of a rotation. */
const MAX_AGE_SECONDS = 60;

/** The JSON Web Key Set as it is published (RFC 7517 §5). */
export interface JwksDocument {
  readonly body: string;
  /** RFC 9110 §8.8.3: changes exactly when the body does. */
  readonly etag: string;
  readonly maxAgeSeconds: number;
  readonly headers: Readonly<Record<"content-type" | "cache-control" | "etag", string>>;
}

/** Public parts only, of every key that some living token may be signed with, and of the next one. */
export function createJwksDocument(
  keyring: { published(nowMs: number): readonly PublishedKey[] },
  nowMs: number,
): JwksDocument {
  const body = JSON.stringify({ keys: keyring.published(nowMs) });
  const etag = `"${createHash("sha256").update(body).digest("base64url").slice(0, 22)}"`;
  return {
    body,
    etag,
    maxAgeSeconds: MAX_AGE_SECONDS,
    headers: {
      "content-type": "application/jwk-set+json",
      "cache-control": `public, max-age=${MAX_AGE_SECONDS}`,
      etag,
    },
  };
}
