import type { Identity } from "../model/identity.ts";
import type { FailedOutcome, Outcome, UpstreamFailure } from "../model/outcome.ts";
import { escaped } from "../telemetry/escaped.ts";
import type { Exchange } from "./exchange.ts";
import { pathOnly } from "./refuse.ts";
import type { Services } from "./services.ts";
import type { Settled } from "./settled-kinds.ts";

/** The one place that tells everyone who counts, logs or watches how an exchange ended. Never throws, never waits (law 7). */
export function settle(exchange: Exchange, plan: Settled, outcome: Outcome, services: Services): void {
  const { route, identity, decision } = plan;
  const durationMs = services.monotonicMs() - exchange.startedAtMs;
  const failure = outcome.kind === "failed" ? outcome.failure : undefined;
  const status = outcome.kind === "answered" ? outcome.status : statusOfFailure(outcome);
  const kind = services.kindOf(plan, status);
  kind.count(durationMs);
  if (outcome.kind === "failed") services.metrics.upstreamFailed(outcome);
  else if (decision.side === "modern" && route.keepAlive) exchange.snapshot.resolver.keepAlive(identity);
  const path = pathOnly(exchange.request.target);
  const level = failure?.party === "upstream" ? "warn" : "info";
  if (services.log.writes(level)) {
    // One text in one go: a list of members, and JSON made of it, cost four times as much. An id is of harmless characters
    // whoever made it (`openExchange`).
    const request = `"id":"${exchange.id}","method":"${escaped(exchange.method)}","target":"${escaped(path)}"`;
    const client = `"client":"${escaped(exchange.clientAddress)}","durationMs":${inHundredths(durationMs)}`;
    const members = `${request},${kind.members}${userMembers(identity)},${client}${failureMember(failure)}`;
    services.log.writeMembers(level, "request", members);
  }
  services.live?.({
    id: exchange.id,
    method: exchange.method,
    path,
    status,
    side: decision.side,
    route: route.id,
    reason: decision.reason,
    flag: decision.flag,
    user: identity.kind === "user" ? identity.subject : undefined,
    durationMs,
  });
}

function userMembers(identity: Identity): string {
  if (identity.kind !== "user") return "";
  return `,"user":"${escaped(identity.subject)}","session":"${escaped(identity.sessionHandle)}"`;
}

function failureMember(failure: UpstreamFailure | undefined): string {
  return failure === undefined ? "" : `,"failure":${JSON.stringify(failure)}`;
}

/** 0 to 10.23 ms as text, in steps of a hundredth: where nearly all requests are, and a text that costs V8 40 ns to make. */
const SHORT_TIMES = Array.from({ length: 1_024 }, (_, hundredths) => String(hundredths / 100));

function inHundredths(durationMs: number): string {
  const hundredths = Math.round(durationMs * 100);
  return SHORT_TIMES[hundredths] ?? String(hundredths / 100);
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
