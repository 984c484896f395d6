import type { Exchange } from "./exchange.ts";

export const STRICT_TRANSPORT = "strict-transport-security";

/** What figway itself says of this site's use of https (RFC 6797 §7.2: over https alone); undefined: nothing, the applications may. */
export function strictTransport(exchange: Exchange): string | undefined {
  const maxAgeSeconds = exchange.snapshot.config.listen.tls?.hstsMaxAgeSeconds;
  return maxAgeSeconds === undefined || exchange.scheme !== "https" ? undefined : `max-age=${maxAgeSeconds}`;
}
