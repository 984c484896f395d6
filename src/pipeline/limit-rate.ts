import type { RouteConfig } from "../config/schema/routes.ts";
import { GatewayError } from "../model/gateway-error.ts";
import type { Exchange } from "./exchange.ts";

/** What the pipeline asks of the rate limits. */
export interface RateLimits {
  of(routeId: string):
    | {
        take(
          clientAddress: string,
        ): Promise<
          { readonly limit: string; readonly retryAfterSeconds: number; readonly fields: readonly string[] } | undefined
        >;
      }
    | undefined;
}

/**
 * Refuses a client that asks for more than it may, before anything is looked up for it. Not called where nothing is limited.
 *
 * @throws GatewayError
 */
export async function limitRate(exchange: Exchange, route: RouteConfig, limits: RateLimits): Promise<void> {
  const limiter = limits.of(route.id);
  if (limiter === undefined) return;
  const exceeded = await limiter.take(exchange.clientAddress);
  if (exceeded === undefined) return;
  const { limit, retryAfterSeconds, fields } = exceeded;
  throw new GatewayError("rate-limited", `the limit ${limit} is used up`, { retryAfterSeconds, fields });
}
