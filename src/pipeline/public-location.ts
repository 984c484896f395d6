import type { Exchange } from "./exchange.ts";
import type { Translation } from "./translate-credentials.ts";

/** Scheme (none in `//host/path`), authority, and the rest, which stays as it is (RFC 3986 §4.2, §4.3). */
const ABSOLUTE = /^([a-z][a-z0-9+.-]*:)?\/\/([^/?#\\]*)(.*)$/is;

/**
 * A `Location` at an upstream's own origin becomes one at the origin that the client asked; all others stay as they are. Origins are
 * compared as browsers do, so that `HTTP://Legacy:80/` and `//legacy/` do not betray the host either (TRAPS 30).
 */
export function publicLocation(exchange: Exchange, { effective, decision }: Translation, location: string): string {
  const [, scheme, authority = "", rest = ""] = ABSOLUTE.exec(location.trim()) ?? [];
  if (authority === "" || authority.includes("@")) return location;
  const { destinations } = exchange.snapshot;
  const ownScheme = destinations.get(decision.upstream)?.origin.split("//", 1)[0];
  const origin = URL.parse(`${scheme ?? ownScheme}//${authority}`)?.origin;
  for (const destination of destinations.values()) {
    if (destination.origin === origin) return `${exchange.scheme}://${effective.host}${rest}`;
  }
  return location;
}
