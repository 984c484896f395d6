import { fieldValues } from "../model/raw-headers.ts";
import { readCookie } from "./cookies.ts";
import type { Exchange } from "./exchange.ts";

/** figway's own cookie: how often a browser was just sent to log in. */
export const LOGIN_COUNT_COOKIE = "figway.logins";

/** A person needs more than two seconds for a login; a browser in a loop needs milliseconds. */
const WINDOW_SECONDS = 10;
const MOST_REDIRECTS = 5;

/**
 * Counts in the browser how often it was sent to log in within some seconds. Where a login does not lead to a session that figway
 * can read (another cookie name, another prefix), login and figway would send it back and forth for ever (TRAPS 30).
 *
 * @returns the Set-Cookie for the next redirect; undefined when there were too many, and an explanation is due
 */
export function countLoginRedirect(exchange: Exchange): string | undefined {
  const counted = Number(readCookie(fieldValues(exchange.headers, "cookie"), LOGIN_COUNT_COOKIE) ?? 0);
  const count = Number.isInteger(counted) && counted > 0 ? counted : 0;
  if (count >= MOST_REDIRECTS) return undefined;
  const secure = exchange.scheme === "https" ? "; Secure" : "";
  return `${LOGIN_COUNT_COOKIE}=${count + 1}; Path=/; Max-Age=${WINDOW_SECONDS}; HttpOnly; SameSite=Lax${secure}`;
}
