import { GatewayError } from "../model/gateway-error.ts";
import { screenRequest } from "../transport/inbound/screen-request.ts";
import type { Exchange } from "./exchange.ts";

/** The host and the origin-form target that the request is for, after absolute-form was taken apart (RFC 9112 §3.2.2). */
export interface EffectiveTarget {
  readonly host: string;
  readonly target: string;
  /** What `Max-Forwards` must say to the next server; undefined where it has no meaning (RFC 9110 §7.6.2). */
  readonly maxForwards: number | undefined;
}

/**
 * Refuses what could be read in two ways, before anything else looks at it: ambiguous body length, no or several Hosts,
 * unsupported versions and methods, oversized heads.
 *
 * @throws GatewayError
 */
export function screenFraming(exchange: Exchange): EffectiveTarget {
  const screened = screenRequest(exchange.request, exchange.snapshot.config.listen.limits);
  if (screened.kind === "refused") throw screened.error;
  if (exchange.kind === "upgrade" && exchange.method !== "GET") {
    throw new GatewayError("bad-request", "an upgrade to WebSocket is a GET (RFC 6455 §4.1)");
  }
  return screened;
}
