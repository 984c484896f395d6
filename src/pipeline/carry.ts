import type { Socket } from "node:net";
import type { Outcome } from "../model/outcome.ts";
import type { Outbound } from "../model/outbound.ts";
import type { ClientSide } from "../transport/client-side.ts";
import { forward } from "../transport/forward.ts";
import { tunnel } from "../transport/tunnel.ts";
import type { Upstream } from "../transport/upstream.ts";
import type { Exchange } from "./exchange.ts";
import type { SessionFollower } from "./follow-session.ts";
import type { Services } from "./services.ts";

/** What is carried: the request as it goes out, and who follows its session meanwhile. */
export interface Carried {
  readonly outbound: Outbound;
  readonly follower: SessionFollower;
}

/** Streams the request to its upstream and the answer back. A failure is a value; it never rejects. */
export async function forwardRequest(exchange: Exchange, carried: Carried, client: ClientSide): Promise<Outcome> {
  const { outbound, follower } = carried;
  const upstream = upstreamOf(exchange, outbound);
  const outcome = await forward({ request: exchange.request, client, outbound, upstream });
  follower.release();
  return outcome;
}

/** Carries a WebSocket until one side ends it, or until its session does (TRAPS 31). */
export async function openTunnel(
  exchange: Exchange,
  { outbound, follower }: Carried,
  client: { socket: Socket; head: Buffer },
  services: Services,
): Promise<Outcome> {
  const { webSocketIdleTimeoutMs, lingerMs } = exchange.snapshot.config.listen.timeouts;
  let forget: (() => void) | undefined;
  const outcome = await tunnel({
    request: exchange.request,
    ...client,
    outbound,
    upstream: upstreamOf(exchange, outbound),
    idleTimeoutMs: webSocketIdleTimeoutMs,
    lingerMs,
    onOpen(open) {
      services.metrics.tunnelOpened(outbound.side);
      forget = services.tunnels.add(open);
      follower.tunnelOpened(open);
    },
  });
  follower.release();
  if (forget !== undefined) services.metrics.tunnelClosed(outbound.side);
  forget?.();
  return outcome;
}

function upstreamOf(exchange: Exchange, outbound: Outbound): Upstream {
  const upstream = exchange.snapshot.upstreams.get(outbound.upstream);
  if (upstream === undefined) throw new Error(`no upstream is named ${outbound.upstream}`);
  return upstream;
}
