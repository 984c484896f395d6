import { readSessionCookie, type SessionCookie } from "./renewed-cookie.ts";

/**
 * A stored session as express-session 1.19 would take it:
 * - `session`: it would be inflated; the payload is a JSON object.
 * - `none`: it would start anew (`!sess`).
 * - `invalid`: it would answer 500, so nobody can say who the user is.
 */
export type DecodedSession =
  | { readonly kind: "session"; readonly payload: object; readonly cookie: SessionCookie }
  | { readonly kind: "none" }
  | { readonly kind: "invalid"; readonly cause: string };

const NONE: DecodedSession = { kind: "none" };

export function decodeSession(text: string | null): DecodedSession {
  // connect-redis 8.1 and 10: `if (!data)`, so an empty string is no session either.
  if (text === null || text === "") return NONE;
  let payload: unknown;
  try {
    payload = JSON.parse(text);
  } catch {
    return { kind: "invalid", cause: "the stored session is not JSON" };
  }
  if (payload === null || payload === false || payload === 0 || payload === "") return NONE;
  if (typeof payload !== "object") return { kind: "invalid", cause: "the stored session is not an object" };
  const cookie = (payload as { cookie?: unknown }).cookie;
  // express-session reads sess.cookie.expires without asking whether there is a cookie.
  if (cookie === undefined || cookie === null || (cookie && typeof cookie !== "object")) {
    return { kind: "invalid", cause: "the stored session has no cookie object" };
  }
  return { kind: "session", payload, cookie: readSessionCookie(cookie || {}) };
}
