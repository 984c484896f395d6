import type { ServerResponse } from "node:http";
import type { Duplex } from "node:stream";
import type { Identity } from "../model/identity.ts";
import type { Decision } from "../model/decision.ts";
import type { Outbound } from "../model/outbound.ts";
import type { Outcome } from "../model/outcome.ts";
import { forward } from "../transport/forward.ts";
import { tunnel } from "../transport/tunnel.ts";
import type { Upstream } from "../transport/upstream.ts";
import type { Exchange } from "./exchange.ts";
import type { Services } from "./services.ts";

/** Streams the request to its upstream and the answer back. A failure is a value; it never rejects. */
export function forwardRequest(exchange: Exchange, outbound: Outbound, response: ServerResponse): Promise<Outcome> {
  return forward({ request: exchange.request, response, outbound, upstream: upstreamOf(exchange, outbound) });
}

/** Carries a WebSocket until one side ends it, or until its session does (TRAPS 31). */
export async function openTunnel(
  exchange: Exchange,
  plan: { outbound: Outbound; identity: Identity; decision: Decision },
  client: { socket: Duplex; head: Buffer },
  services: Services,
): Promise<Outcome> {
  const { outbound, identity, decision } = plan;
  let forget: () => void = () => undefined;
  let opened = false;
  const outcome = await tunnel({
    request: exchange.request,
    ...client,
    outbound,
    upstream: upstreamOf(exchange, outbound),
    onOpen: (open) => {
      opened = true;
      services.metrics.tunnelOpened(decision.side);
      forget = services.tunnels.add(identity.kind === "user" ? identity.sessionHandle : undefined, open);
    },
  });
  forget();
  if (opened) services.metrics.tunnelClosed(decision.side);
  return outcome;
}

function upstreamOf(exchange: Exchange, outbound: Outbound): Upstream {
  const upstream = exchange.snapshot.upstreams.get(outbound.upstream);
  if (upstream === undefined) throw new Error(`no upstream is named ${outbound.upstream}`);
  return upstream;
}
