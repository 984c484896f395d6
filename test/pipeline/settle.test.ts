import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, expect, it } from "vitest";
import type { RouteConfig } from "../../src/config/schema/routes.ts";
import type { Decision } from "../../src/model/decision.ts";
import type { Identity } from "../../src/model/identity.ts";
import type { FailedOutcome, Outcome, UpstreamFailure } from "../../src/model/outcome.ts";
import { type Exchange, openExchange } from "../../src/pipeline/exchange.ts";
import type { Services } from "../../src/pipeline/services.ts";
import { createSettledKinds } from "../../src/pipeline/settled-kinds.ts";
import { settle } from "../../src/pipeline/settle.ts";
import type { SettledEvent } from "../../src/telemetry/live-feed.ts";
import { createLog, type LogLevel } from "../../src/telemetry/log.ts";
import { createMetrics } from "../../src/telemetry/metrics.ts";

const folder = mkdtempSync(join(tmpdir(), "figway-settle-"));
const file = join(folder, "log");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const NOW_MS = Date.UTC(2026, 10, 21, 8, 30);

interface Case {
  readonly id?: string;
  readonly method?: string;
  readonly target?: string;
  readonly client?: string;
  readonly tookMs?: number;
  readonly route?: Partial<RouteConfig>;
  readonly identity?: Identity;
  readonly decision?: Decision;
  readonly outcome?: Outcome;
}

const route = { id: "orders", keepAlive: true } as RouteConfig;
const toModern: Decision = { side: "modern", upstream: "modern", reason: "flag-on", flag: "orders-modern" };
const toLegacy: Decision = { side: "legacy", upstream: "legacy", reason: "no-flag", flag: undefined };
const anonymous: Identity = { kind: "anonymous", reason: "no-cookie", sessionHandle: undefined };

function userCalled(subject: string, sessionHandle = "5e55"): Identity {
  return { kind: "user", subject, sessionHandle, claims: {}, sessionEndsAtMs: undefined, fingerprint: "f" };
}

function answered(status: number): Outcome {
  return { kind: "answered", side: "legacy", upstream: "legacy", status };
}

function failed(failure: Partial<UpstreamFailure>): FailedOutcome {
  return {
    kind: "failed",
    side: "modern",
    upstream: "modern",
    failure: { phase: "response-head", party: "upstream", code: "connection-lost", detail: "it hung up", ...failure },
    responseStarted: false,
  };
}

/** Settles them all with one set of services, and gives back what was told to whom. */
async function settleAll(cases: readonly Case[], options: { level?: LogLevel; watched?: boolean } = {}) {
  const fd = openSync(file, "w");
  const log = createLog({ level: options.level ?? "info", fd, nowMs: () => NOW_MS });
  const metrics = createMetrics({ processMetrics: false });
  const events: SettledEvent[] = [];
  const keptAlive: Identity[] = [];
  let nowMs = 0;
  const services = {
    log,
    metrics,
    kindOf: createSettledKinds(metrics.requestsLike),
    monotonicMs: () => nowMs,
    live: options.watched === true ? (event: SettledEvent) => events.push(event) : undefined,
  } as unknown as Services;
  for (const each of cases) {
    const exchange = {
      id: each.id ?? "7f",
      method: each.method ?? "GET",
      request: { target: each.target ?? "/orders/7?page=2" },
      clientAddress: each.client ?? "192.0.2.1",
      startedAtMs: 0,
      snapshot: { resolver: { keepAlive: (identity: Identity) => keptAlive.push(identity) } },
    } as unknown as Exchange;
    nowMs = each.tookMs ?? 1.5;
    const plan = {
      route: each.route === undefined ? route : { ...route, ...each.route },
      identity: each.identity ?? anonymous,
      decision: each.decision ?? toLegacy,
    };
    settle(exchange, plan, each.outcome ?? answered(200), services);
  }
  log.close();
  const lines = readFileSync(file, "utf8").split("\n");
  closeSync(fd);
  expect(lines.pop()).toBe("");
  return { lines, events, keptAlive, exposition: await metrics.registry.metrics() };
}

/** The line as `JSON.stringify` would write it. */
function expectedLine(each: Required<Omit<Case, "outcome">>, status: number, failure?: UpstreamFailure): string {
  const { identity, decision } = each;
  return JSON.stringify({
    level: failure?.party === "upstream" ? "warn" : "info",
    time: new Date(NOW_MS).toISOString(),
    id: each.id,
    method: each.method,
    target: each.target.split("?")[0],
    status,
    side: decision.side,
    upstream: decision.upstream,
    route: each.route.id,
    reason: decision.reason,
    flag: decision.flag,
    user: identity.kind === "user" ? identity.subject : undefined,
    session: identity.kind === "user" ? identity.sessionHandle : undefined,
    client: each.client,
    durationMs: Math.round(each.tookMs * 100) / 100,
    failure,
    msg: "request",
  });
}

const hostile = fc.oneof(
  fc.string(),
  fc.constantFrom('"', "\\", "\n", '","status":200,"x":"', "\u2028", "\ud800", "\udc00\ud800", "𝄞", "\u0000", "ü"),
  fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
);

it("writes the line that JSON.stringify would write, whatever the strings in it", async () => {
  const cases = fc.record({
    id: fc.stringMatching(/^[A-Za-z0-9._:/+=-]{1,128}$/),
    method: hostile,
    target: hostile,
    client: hostile,
    tookMs: fc.oneof(fc.double({ min: 0, max: 20, noNaN: true }), fc.double({ min: 0, max: 1e9, noNaN: true })),
    route: fc.record({ id: hostile }),
    identity: fc.oneof(
      fc.constant(anonymous),
      fc.tuple(hostile, hostile).map(([user, id]) => userCalled(user, id)),
    ),
    decision: fc.record({
      side: fc.constantFrom("legacy" as const, "modern" as const),
      upstream: hostile,
      reason: fc.constantFrom("flag-on" as const, "no-flag" as const, "fallback" as const),
      flag: fc.option(hostile, { nil: undefined }),
    }),
    failure: fc.option(
      fc.record({
        party: fc.constantFrom("client" as const, "upstream" as const, "gateway" as const),
        detail: hostile,
      }),
      { nil: undefined },
    ),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(cases, { minLength: 1, maxLength: 20 }), async (all) => {
      const settled = all.map(({ failure, ...each }) => ({
        ...each,
        outcome: failure === undefined ? answered(201) : failed(failure),
      }));
      const { lines } = await settleAll(settled);
      expect(lines).toEqual(
        settled.map(({ outcome, ...each }) => {
          if (outcome.kind === "answered") return expectedLine(each, outcome.status);
          return expectedLine(each, outcome.failure.party === "client" ? 499 : 502, outcome.failure);
        }),
      );
    }),
  );
});

it("takes no id into the line, even of a trusted proxy, that would have to be escaped", () => {
  fc.assert(
    fc.property(hostile, (id) => {
      const services = {
        currentSnapshot: () => ({ trustsPeer: () => true }),
        randomHex: () => "our0wn",
        continueTrace: () => "",
        monotonicMs: () => 0,
      } as unknown as Services;
      const request = { rawHeaders: ["X-Request-Id", id], socket: { remoteAddress: "192.0.2.1" }, method: "GET" };
      const taken = openExchange(request as unknown as Exchange["request"], "request", services).id;
      return (taken === id || taken === "our0wn") && JSON.stringify(taken) === `"${taken}"`;
    }),
  );
});

it("leaves the query out of the log and of the live feed, since it may carry secrets", async () => {
  const { lines, events } = await settleAll([{ target: "/reset?token=hush" }], { watched: true });
  expect(lines[0]).toContain('"target":"/reset"');
  expect(lines[0]).not.toContain("hush");
  expect(events).toMatchObject([{ path: "/reset" }]);
});

it("tells those of one route apart by side, reason, flag, identity and status, and counts each kind for itself", async () => {
  const fallback: Decision = { side: "legacy", upstream: "legacy", reason: "fallback", flag: "orders-modern" };
  const kinds: Case[] = [
    { decision: toModern },
    { decision: { ...toModern, flag: "another-flag" } },
    { decision: { ...toModern, upstream: "orders-service" } },
    { decision: fallback },
    { decision: toLegacy },
    { decision: toLegacy, identity: userCalled("alice") },
    { decision: toLegacy, outcome: answered(404) },
  ];
  const { lines, exposition } = await settleAll([...kinds, ...kinds, ...kinds]);
  const told = lines.map((line) => JSON.parse(line) as Record<string, unknown>);
  const expected = kinds.map(({ decision, outcome = answered(200) }) => ({
    ...decision,
    status: outcome.kind === "answered" ? outcome.status : undefined,
  }));
  expect(told).toMatchObject([...expected, ...expected, ...expected].map((kind) => JSON.parse(JSON.stringify(kind))));
  expect(exposition.split("\n").filter((line) => line.startsWith("figway_requests_total{"))).toEqual([
    'figway_requests_total{route="orders",side="modern",reason="flag-on",identity="anonymous",status="200"} 9',
    'figway_requests_total{route="orders",side="legacy",reason="fallback",identity="anonymous",status="200"} 3',
    'figway_requests_total{route="orders",side="legacy",reason="no-flag",identity="anonymous",status="200"} 3',
    'figway_requests_total{route="orders",side="legacy",reason="no-flag",identity="user",status="200"} 3',
    'figway_requests_total{route="orders",side="legacy",reason="no-flag",identity="anonymous",status="404"} 3',
  ]);
  expect(exposition).toContain('figway_request_duration_seconds_count{route="orders",side="modern"} 9');
  expect(exposition).toContain('figway_request_duration_seconds_bucket{le="0.0025",route="orders",side="legacy"} 12');
});

it("goes on counting in the same place for a route that was read anew", async () => {
  // A reload makes new objects of the same routes; this one moved its flag.
  const { lines, exposition } = await settleAll([
    { route: {}, decision: toModern },
    { route: {}, decision: { ...toModern, flag: "moved" } },
  ]);
  expect(lines.map((line) => (JSON.parse(line) as { flag: string }).flag)).toEqual(["orders-modern", "moved"]);
  expect(exposition).toContain('reason="flag-on",identity="anonymous",status="200"} 2');
});

it.each([
  { failure: { party: "client", code: "client-gone" }, status: 499, level: "info" },
  { failure: { party: "upstream", code: "connection-lost" }, status: 502, level: "warn" },
  { failure: { party: "upstream", code: "first-byte-timeout" }, status: 504, level: "warn" },
  { failure: { party: "gateway", code: "overloaded" }, status: 502, level: "info" },
] as const)("calls a failure of $failure.party ($failure.code) $status, in a line of level $level", async (each) => {
  const { lines, exposition } = await settleAll([{ decision: toModern, outcome: failed(each.failure) }]);
  expect(JSON.parse(lines[0] as string)).toMatchObject({
    level: each.level,
    status: each.status,
    failure: { phase: "response-head", ...each.failure, detail: "it hung up" },
  });
  expect(exposition).toContain(`figway_upstream_failures_total{upstream="modern",phase="response-head"`);
});

it("writes no line where the level forbids it, and counts all the same", async () => {
  const { lines, exposition } = await settleAll([{}, { outcome: failed({}) }], { level: "error" });
  expect(lines).toEqual([]);
  expect(exposition).toContain('status="200"} 1');
  expect(exposition).toContain('status="502"} 1');
  expect((await settleAll([{}, { outcome: failed({}) }], { level: "warn" })).lines.length).toBe(1);
});

it("keeps a session alive for what modern answered, where the route says so, and for nothing else", async () => {
  const alice = userCalled("alice");
  const { keptAlive } = await settleAll([
    { decision: toModern, identity: alice },
    { decision: toLegacy, identity: userCalled("of legacy") },
    { decision: toModern, identity: userCalled("of a poll"), route: { keepAlive: false } },
    { decision: toModern, identity: userCalled("of a failure"), outcome: failed({}) },
  ]);
  expect(keptAlive).toEqual([alice]);
});
