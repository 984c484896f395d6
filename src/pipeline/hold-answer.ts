import { firstFieldValue, type RawHeaders } from "../model/raw-headers.ts";
import { setCookieName, setCookieValue } from "./cookies.ts";
import type { Exchange } from "./exchange.ts";
import { isSafe } from "./methods.ts";
import { resolveRequestOf } from "./resolve-identity.ts";
import type { EffectiveTarget } from "./screen-framing.ts";

/**
 * Whether legacy's answer is kept back until it is complete (TRAPS 10, expressjs/session#360). express-session sends the head of a login's
 * redirect before the session is saved, and ends the answer only afterwards: a browser that follows the head would find modern looking for
 * a session that is not there yet. So with an answer that begins another session, and with the redirect after any change.
 */
export function mustHoldAnswer(
  exchange: Exchange,
  effective: EffectiveTarget,
  { status, headers }: { status: number; headers: RawHeaders },
): boolean {
  if (!isSafe(exchange.method) && status >= 300 && status < 400) return true;
  const { credentialCookies } = exchange.snapshot;
  let sent: string | undefined;
  for (let i = 0; i < headers.length; i += 2) {
    const name = headers[i] as string;
    if (name.length !== 10 || name.toLowerCase() !== "set-cookie") continue;
    const value = headers[i + 1] as string;
    if (!credentialCookies.has(setCookieName(value))) continue;
    sent ??= resolveRequestOf(exchange, effective).cookieFields.join("; ");
    // The same value again only renews the cookie, as `rolling: true` does with every answer.
    if (sent.includes(setCookieValue(value))) continue;
    // Events are for now, and whoever opens a stream acts on nothing but them.
    return firstFieldValue(headers, "content-type")?.startsWith("text/event-stream") !== true;
  }
  return false;
}
