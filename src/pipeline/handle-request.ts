import type { Socket } from "node:net";
import type { RouteConfig } from "../config/schema/routes.ts";
import type { Decision, FlagContext } from "../model/decision.ts";
import type { Identity } from "../model/identity.ts";
import type { Outbound } from "../model/outbound.ts";
import { LEGACY } from "../model/side.ts";
import type { ClientRequest } from "../transport/client-request.ts";
import type { ClientSide } from "../transport/client-side.ts";
import { forwardRequest, openTunnel } from "./carry.ts";
import { answerReserved, isReserved, refuseReserved } from "./answer-reserved.ts";
import { assignBucket, type Bucket } from "./bucket.ts";
import { checkAccess } from "./check-access.ts";
import { decideTarget } from "./decide-target.ts";
import { type Exchange, openExchange } from "./exchange.ts";
import { mayFallBack, refusalOf } from "./fallback.ts";
import { flagContextOf } from "./flag-context.ts";
import { followSession, type SessionFollower } from "./follow-session.ts";
import { limitRate } from "./limit-rate.ts";
import { matchRoute } from "./match-route.ts";
import { refuse } from "./refuse.ts";
import { resolveIdentity } from "./resolve-identity.ts";
import { type EffectiveTarget, screenFraming } from "./screen-framing.ts";
import type { Services } from "./services.ts";
import { noteFallback, settle } from "./settle.ts";
import { translateCredentials } from "./translate-credentials.ts";

/** What is sent, where, as whom, and why. Made before a byte is forwarded, and never changed. */
export interface Plan {
  readonly effective: EffectiveTarget;
  readonly route: RouteConfig;
  readonly identity: Identity;
  readonly bucket: Bucket | undefined;
  readonly decision: Decision;
  /** Follows the session for as long as the exchange lasts. */
  readonly follower: SessionFollower;
  readonly outbound: Outbound;
}

/**
 * A request's whole life, from its head to the end of its answer. Where a cookie becomes a token: `translateCredentials`. Why a
 * request went to legacy: `decideTarget`. What the client sees when Redis is down: `resolveIdentity` says `unknown`, and
 * `decideTarget` sends safe requests to legacy and refuses the others with 503.
 */
export function createGateway(services: Services) {
  return { handleRequest, handleUpgrade };

  async function handleRequest(request: ClientRequest, client: ClientSide): Promise<void> {
    const exchange = openExchange(request, "request", services);
    try {
      const effective = screenFraming(exchange);
      if (isReserved(effective.target)) return answerReserved(exchange, effective, client, services);
      let plan = await planExchange(exchange, effective);
      let outcome = await forwardRequest(exchange, plan, client);
      if (mayFallBack(exchange, plan.route, plan.decision, outcome)) {
        noteFallback(exchange, outcome, services);
        plan = replanToLegacy(exchange, plan);
        outcome = await forwardRequest(exchange, plan, client);
      }
      settle(exchange, plan, outcome, services);
      const refusal = outcome.kind === "failed" ? refusalOf(outcome) : undefined;
      if (refusal !== undefined) refuse(exchange, refusal, client, services);
    } catch (error) {
      refuse(exchange, error, client, services);
    }
  }

  /** A WebSocket: the same decision and the same identity, then a tunnel instead of a forward. */
  async function handleUpgrade(request: ClientRequest, socket: Socket, head: Buffer): Promise<void> {
    const exchange = openExchange(request, "upgrade", services);
    try {
      const effective = screenFraming(exchange);
      refuseReserved(effective);
      const plan = await planExchange(exchange, effective);
      const outcome = await openTunnel(exchange, plan, { socket, head }, services);
      settle(exchange, plan, outcome, services);
      const refusal = outcome.kind === "failed" ? refusalOf(outcome) : undefined;
      if (refusal !== undefined) refuse(exchange, refusal, socket, services);
    } catch (error) {
      refuse(exchange, error, socket, services);
    }
  }

  /** Shared by HTTP and WebSocket: everything up to "what do we send, where, as whom". */
  async function planExchange(exchange: Exchange, effective: EffectiveTarget): Promise<Plan> {
    const route = matchRoute(exchange, effective);
    const { rateLimits } = exchange.snapshot;
    if (rateLimits !== undefined) await limitRate(exchange, route, rateLimits);
    const override = services.overrideOf(route.id);
    const identity = await resolveIdentity(exchange, { route, effective, override });
    const bucket = assignBucket(exchange, route, services.randomHex);
    const decision = decideTarget({
      route,
      identity,
      method: exchange.method,
      override,
      flags: exchange.snapshot.flags,
      flagContext: (): FlagContext => flagContextOf(exchange, { route, identity, bucket, effective }),
    });
    checkAccess(exchange, { route, identity, decision, effective });
    const follower = followSession(exchange, { effective, identity, side: decision.side });
    const outbound = translateCredentials(exchange, { route, identity, decision, effective, bucket, follower });
    return { effective, route, identity, bucket, decision, follower, outbound };
  }

  /** Modern failed before its first byte and the route allows it: the same exchange, as legacy would have got it (law 4). */
  function replanToLegacy(exchange: Exchange, plan: Plan): Plan {
    const decision: Decision = { ...plan.decision, side: "legacy", upstream: LEGACY, reason: "fallback" };
    const follower = followSession(exchange, { ...plan, side: "legacy" });
    return { ...plan, decision, follower, outbound: translateCredentials(exchange, { ...plan, decision, follower }) };
  }
}

export type Gateway = ReturnType<typeof createGateway>;
