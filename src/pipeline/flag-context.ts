import type { RouteConfig } from "../config/schema/routes.ts";
import type { FlagContext } from "../model/decision.ts";
import type { Identity } from "../model/identity.ts";
import type { JsonValue } from "../model/json.ts";
import type { Bucket } from "./bucket.ts";
import type { Exchange } from "./exchange.ts";
import type { EffectiveTarget } from "./screen-framing.ts";

/** What the flag evaluator is told: user, bucket, session (hashed), address, and route, method, host and claims as properties. */
export function flagContextOf(
  exchange: Exchange,
  known: { route: RouteConfig; identity: Identity; bucket: Bucket | undefined; effective: EffectiveTarget },
): FlagContext {
  const { route, identity, bucket, effective } = known;
  const properties: Record<string, string> = { route: route.id, method: exchange.method, host: effective.host };
  if (identity.kind === "user") {
    const { claims } = identity;
    for (const name of Object.keys(claims)) {
      const value = claims[name] as JsonValue;
      properties[name] ??=
        typeof value === "string" ? value : Array.isArray(value) ? value.join(",") : JSON.stringify(value);
    }
  }
  return {
    userId: identity.kind === "user" ? identity.subject : undefined,
    bucket: bucket?.id,
    sessionId: identity.kind === "user" || identity.kind === "anonymous" ? identity.sessionHandle : undefined,
    remoteAddress: exchange.clientAddress,
    properties,
  };
}
