import type { RouteConfig } from "../config/schema/routes.ts";
import { GatewayError } from "../model/gateway-error.ts";
import type { Identity, ResolveRequest } from "../model/identity.ts";
import type { Override } from "../model/override.ts";
import { fieldValues } from "../model/raw-headers.ts";
import { LEGACY } from "../model/side.ts";
import type { Exchange } from "./exchange.ts";
import type { EffectiveTarget } from "./screen-framing.ts";
import { IDENTITY_NOT_NEEDED } from "./snapshot.ts";

/**
 * Who is it? A user, nobody, or unknown when the session store cannot be read (law 1). Not asked where the answer could change
 * nothing: on routes that go to legacy for everyone, and on those that carry no identity. So a route whose flag is off
 * depends on no store.
 */
export function resolveIdentity(
  exchange: Exchange,
  { route, effective, override }: { route: RouteConfig; effective: EffectiveTarget; override: Override | undefined },
): Identity | Promise<Identity> {
  if (!needsIdentity(exchange, route, override)) return IDENTITY_NOT_NEEDED;
  const resolution = exchange.snapshot.resolver.resolve(resolveRequestOf(exchange, effective));
  return resolution instanceof Promise ? resolution.then(accept) : accept(resolution);
}

/** What a resolver sees of an exchange. */
export function resolveRequestOf(exchange: Exchange, { host }: EffectiveTarget): ResolveRequest {
  const { headers, scheme, clientAddress } = exchange;
  return { cookieFields: fieldValues(headers, "cookie"), scheme, host, clientAddress };
}

function accept(resolution: Identity | { readonly kind: "not-mine" }): Identity {
  if (resolution.kind === "not-mine") return { kind: "anonymous", reason: "no-cookie", sessionHandle: undefined };
  if (resolution.kind === "refused")
    throw new GatewayError("conflicting-credentials", `credentials refused: ${resolution.reason}`);
  return resolution;
}

function needsIdentity(exchange: Exchange, route: RouteConfig, override: Override | undefined): boolean {
  if (route.auth === "none" || override?.side === LEGACY) return false;
  if (override !== undefined) return true;
  if (route.flag !== undefined) return exchange.snapshot.flags.mayBeOn(route.flag);
  return route.to !== LEGACY;
}
