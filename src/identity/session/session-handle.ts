import { createHash, createHmac } from "node:crypto";
import type { LocatedUser } from "./read-user.ts";

/** 128 bits: enough that no two sessions share a handle, short enough for a token and a log line. */
const HANDLE_CHARACTERS = 22;

/** The keyed hash by which a session is named outside of its cookie (TRAPS 34). Replicas share the key, so they share the names. */
export function sessionHandle(sessionId: string, key: Uint8Array): string {
  return createHmac("sha256", key).update(sessionId).digest("base64url").slice(0, HANDLE_CHARACTERS);
}

/** A digest of everything that a token made from this identity would state (TRAPS 5). */
export function identityFingerprint(handle: string, user: LocatedUser): string {
  return createHash("sha256")
    .update(JSON.stringify([handle, user.subject, user.claims]))
    .digest("base64url");
}
