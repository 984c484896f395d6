import { Counter, collectDefaultMetrics, Gauge, Registry } from "prom-client";
import type { Decision } from "../model/decision.ts";
import type { Identity } from "../model/identity.ts";
import type { FailedOutcome } from "../model/outcome.ts";
import { createCellCounter, createCellHistogram } from "./metric-cells.ts";

/** As much of a registry as is needed to read it; it may stand for several processes. */
export type ReadableRegistry = Pick<Registry, "contentType" | "metrics" | "getSingleMetric">;

/** figway's own metrics, named after the Prometheus conventions (base units, `_total` for counters). */
export interface Metrics {
  readonly registry: Registry;
  /** What counts the requests of one kind; to be asked for once a kind, and held. */
  requestsLike(kind: RequestKind): CountRequest;
  requestRefused(code: string): void;
  upstreamFailed(outcome: FailedOutcome): void;
  tokenMinted(keyId: string): void;
  count(event: CountedEvent): void;
  configLoaded(ok: boolean): void;
  tunnelOpened(side: string): void;
  tunnelClosed(side: string): void;
  /** What identity resolvers count, on the request path. */
  readonly identity: IdentityCounts;
}

export interface IdentityCounts {
  cacheHit(): void;
  read(outcome: "user" | "anonymous" | "unknown", durationMs: number): void;
  badSignature(): void;
  conflictingCookies(): void;
  resurrected(): void;
  touched(): void;
}

export interface RequestKind {
  readonly routeId: string;
  readonly decision: Pick<Decision, "side" | "reason">;
  readonly identity: Identity["kind"];
  readonly status: number;
}

export type CountRequest = (durationMs: number) => void;

/** Things worth an alert that are neither answers nor failures. */
export type CountedEvent =
  | "session-cookie-set-by-modern"
  | "spoofed-field-removed"
  | "bad-session-signature"
  | "session-reappeared"
  | "worker-ended";

/** In seconds. */
const DURATION_BOUNDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

export function createMetrics(options: { processMetrics: boolean }): Metrics {
  const registry = new Registry();
  if (options.processMetrics) collectDefaultMetrics({ register: registry });
  const registers = [registry];
  const requests = createCellCounter(registry, {
    name: "figway_requests_total",
    help: "Requests answered, by route, side, reason of the decision, kind of identity and status.",
    labelNames: ["route", "side", "reason", "identity", "status"],
  });
  const durations = createCellHistogram(registry, {
    name: "figway_request_duration_seconds",
    help: "Time from the request's head to the end of its answer.",
    labelNames: ["route", "side"],
    bounds: DURATION_BOUNDS,
  });
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Counter({ name, help, labelNames, registers });
  const refusals = counter("figway_refusals_total", "Requests that figway itself refused, by code.", "code");
  const failures = counter("figway_upstream_failures_total", "Failed exchanges.", "upstream", "phase", "party", "code");
  const minted = counter("figway_tokens_minted_total", "Tokens minted, by key id.", "kid");
  const events = counter("figway_events_total", "Remarkable events, by kind.", "event");
  const reloads = counter("figway_config_loads_total", "Loads of routes.json, by result.", "result");
  const tunnels = new Gauge({
    name: "figway_tunnels",
    help: "Open WebSocket tunnels.",
    labelNames: ["side"],
    registers,
  });

  return {
    registry,
    requestsLike,
    requestRefused: (code) => refusals.inc({ code }),
    upstreamFailed: ({ upstream, failure }) =>
      failures.inc({ upstream, phase: failure.phase, party: failure.party, code: failure.code }),
    tokenMinted: (kid) => minted.inc({ kid }),
    count: (event) => events.inc({ event }),
    configLoaded: (ok) => reloads.inc({ result: ok ? "ok" : "refused" }),
    tunnelOpened: (side) => tunnels.inc({ side }),
    tunnelClosed: (side) => tunnels.dec({ side }),
    identity: countIdentity(counter, registry),
  };

  function requestsLike({ routeId, decision, identity, status }: RequestKind): CountRequest {
    const answered = requests(routeId, decision.side, decision.reason, identity, String(status));
    const duration = durations(routeId, decision.side);
    return function countRequest(durationMs) {
      answered.value += 1;
      duration.observe(durationMs / 1_000);
    };
  }
}

function countIdentity(
  counter: (name: string, help: string, ...labelNames: string[]) => Counter,
  registry: Registry,
): IdentityCounts {
  const answers = createCellCounter(registry, {
    name: "figway_session_lookups_total",
    help: "Sessions looked up, by where the answer came from.",
    labelNames: ["from"],
  });
  const reads = createCellHistogram(registry, {
    name: "figway_session_read_duration_seconds",
    help: "Time to read a session from its store, or to ask whoami.",
    labelNames: ["outcome"],
    bounds: DURATION_BOUNDS,
  });
  const remarkable = counter("figway_session_events_total", "Remarkable events about sessions, by kind.", "event");
  const fromMemory = answers("memory");
  const fromStore = answers("store");
  const readsOf = { user: reads("user"), anonymous: reads("anonymous"), unknown: reads("unknown") };
  return {
    cacheHit() {
      fromMemory.value += 1;
    },
    read(outcome, durationMs) {
      fromStore.value += 1;
      readsOf[outcome].observe(durationMs / 1_000);
    },
    badSignature: () => remarkable.inc({ event: "bad-signature" }),
    conflictingCookies: () => remarkable.inc({ event: "conflicting-cookies" }),
    resurrected: () => remarkable.inc({ event: "resurrected" }),
    touched: () => remarkable.inc({ event: "touched" }),
  };
}
