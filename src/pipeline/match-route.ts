import type { RouteConfig } from "../config/schema/routes.ts";
import { GatewayError } from "../model/gateway-error.ts";
import type { Exchange } from "./exchange.ts";
import type { EffectiveTarget } from "./screen-framing.ts";

/** The most specific route. Total: what no route names belongs to legacy. Readings that disagree are refused (law 9). */
export function matchRoute(exchange: Exchange, { host, target }: EffectiveTarget): RouteConfig {
  const match = exchange.snapshot.matchRoute({ method: exchange.method, target, host, headers: exchange.headers });
  if (match.kind === "matched") return match.route;
  const readings = match.readings.map(({ reading, routeId }) => `${reading} → ${routeId}`).join(", ");
  throw new GatewayError("ambiguous-path", `the readings of the path select different routes: ${readings}`);
}
