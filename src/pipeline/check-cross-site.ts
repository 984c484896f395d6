import { GatewayError } from "../model/gateway-error.ts";
import { fieldValues } from "../model/raw-headers.ts";
import type { Exchange } from "./exchange.ts";

/**
 * Cross-site request forgery, where a cookie is about to become a bearer token (TRAPS 14, GHSA-4j63-5v5f-xcc4): modern has no
 * defence of its own, since it sees a bearer. In order: `Sec-Fetch-Site` (W3C Fetch Metadata), else `Origin`, else `Referer`;
 * a request that shows none of them proves nothing and is refused. A WebSocket handshake that shows none comes from no browser
 * (RFC 6455 §10.2 obliges browsers to send Origin), so nobody's cookie was borrowed, and it passes.
 *
 * @throws GatewayError `cross-site-request`
 */
export function checkCrossSite(exchange: Exchange, host: string): void {
  const sites = fieldValues(exchange.headers, "sec-fetch-site");
  const origins = fieldValues(exchange.headers, "origin");
  const { trustedOrigins } = exchange.snapshot.config.access;
  if (origins.length > 1 || sites.length > 1) throw refused("Origin or Sec-Fetch-Site came twice");
  const [site] = sites;
  const [origin] = origins;
  if (origin !== undefined && trustedOrigins.includes(origin.toLowerCase())) return;
  if (site !== undefined) {
    if (site === "same-origin" || site === "none") return;
    throw refused(`Sec-Fetch-Site is ${site}`);
  }
  const own = normalOrigin(`${exchange.scheme}://${host}`);
  if (origin !== undefined) {
    if (own !== OPAQUE && normalOrigin(origin) === own) return;
    throw refused(`Origin is ${origin}, this is ${own}`);
  }
  const [referer] = fieldValues(exchange.headers, "referer");
  if (referer !== undefined) {
    const from = normalOrigin(referer);
    if (from !== OPAQUE && (from === own || trustedOrigins.includes(from))) return;
    throw refused(`Referer is of ${from}, this is ${own}`);
  }
  if (exchange.kind === "upgrade") return;
  throw refused("it shows none of Sec-Fetch-Site, Origin and Referer");
}

function refused(why: string): GatewayError {
  return new GatewayError("cross-site-request", `the CSRF check failed: ${why}`);
}

/** What browsers write for an origin that is like no other, not even itself (RFC 6454 §6.2). */
const OPAQUE = "null";

/** Scheme, host and port of a URL in the form that browsers write; opaque for what is no URL. */
function normalOrigin(url: string): string {
  return URL.parse(url)?.origin ?? OPAQUE;
}
