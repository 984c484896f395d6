import type { Decision } from "../model/decision.ts";
import type { Identity } from "../model/identity.ts";
import type { FailedOutcome, Outcome } from "../model/outcome.ts";
import type { RouteConfig } from "../config/schema/routes.ts";
import type { Exchange } from "./exchange.ts";
import { pathOnly } from "./refuse.ts";
import type { Services } from "./services.ts";

export interface Settled {
  readonly route: RouteConfig;
  readonly identity: Identity;
  readonly decision: Decision;
}

/** The one place that tells everyone who counts, logs or watches how an exchange ended. Never throws, never waits (law 7). */
export function settle(exchange: Exchange, plan: Settled, outcome: Outcome, services: Services): void {
  const { route, identity, decision } = plan;
  const durationMs = services.monotonicMs() - exchange.startedAtMs;
  const status = outcome.kind === "answered" ? outcome.status : statusOfFailure(outcome);
  services.metrics.requestSettled({ routeId: route.id, decision, identity: identity.kind, status, durationMs });
  if (outcome.kind === "failed") services.metrics.upstreamFailed(outcome);
  if (outcome.kind === "answered" && decision.side === "modern" && route.keepAlive)
    exchange.snapshot.resolver.keepAlive(identity);
  const failed = outcome.kind === "failed";
  services.log[failed && outcome.failure.party === "upstream" ? "warn" : "info"]("request", {
    id: exchange.id,
    method: exchange.method,
    target: pathOnly(exchange.request.url ?? ""),
    status,
    side: decision.side,
    upstream: decision.upstream,
    route: route.id,
    reason: decision.reason,
    flag: decision.flag,
    user: identity.kind === "user" ? identity.subject : undefined,
    session: identity.kind === "user" ? identity.sessionHandle : undefined,
    client: exchange.clientAddress,
    durationMs: Math.round(durationMs * 100) / 100,
    failure: failed ? outcome.failure : undefined,
  });
  services.live?.({
    id: exchange.id,
    method: exchange.method,
    path: pathOnly(exchange.request.url ?? ""),
    status,
    side: decision.side,
    route: route.id,
    reason: decision.reason,
    flag: decision.flag,
    user: identity.kind === "user" ? identity.subject : undefined,
    durationMs,
  });
}

/** Modern failed and legacy is asked instead: counted as a failure of modern's, told in the log, not an answer yet. */
export function noteFallback(exchange: Exchange, outcome: FailedOutcome, services: Services): void {
  services.metrics.upstreamFailed(outcome);
  services.log.warn("fell back to legacy", { id: exchange.id, upstream: outcome.upstream, failure: outcome.failure });
}

/** What the log calls an answer that could not be finished: 499 when the client left (nginx's custom), else the gateway's status. */
function statusOfFailure(outcome: FailedOutcome): number {
  if (outcome.failure.party === "client") return 499;
  return outcome.failure.code.endsWith("timeout") ? 504 : 502;
}
