import { afterEach, expect, it } from "vitest";
import type { DecisionReason } from "../../src/model/decision.ts";
import type { Side } from "../../src/model/side.ts";
import { createMetrics, type Metrics } from "../../src/telemetry/metrics.ts";
import { createTrafficSeries, type TrafficSeries } from "../../src/telemetry/traffic-series.ts";

let series: TrafficSeries | undefined;
afterEach(() => series?.close());

function open(): { metrics: Metrics; series: TrafficSeries } {
  const metrics = createMetrics({ processMetrics: false });
  const { registry } = metrics;
  series = createTrafficSeries({
    registry,
    nowMs: () => 0,
    onProblem: (error) => {
      throw error;
    },
  });
  return { metrics, series };
}

interface Answers {
  readonly side: Side;
  readonly times: number;
  readonly status?: number;
  readonly durationMs?: number;
  readonly reason?: DecisionReason;
}

function answer(metrics: Metrics, { side, times, status = 200, durationMs = 4, reason = "flag-on" }: Answers): void {
  const count = metrics.requestsLike({ routeId: "my orders", decision: { side, reason }, identity: "user", status });
  for (let i = 0; i < times; i++) count(durationMs);
}

it("tells requests per second, error ratio and p95 of each step and of the last minute", async () => {
  const { metrics, series } = open();
  answer(metrics, { side: "modern", times: 90, durationMs: 4 });
  answer(metrics, { side: "modern", times: 10, durationMs: 2_000, status: 500 });
  await series.sample();
  await series.sample();
  answer(metrics, { side: "modern", times: 50, durationMs: 4 });
  await series.sample();
  const { stepSeconds, routes } = series.read();
  expect(stepSeconds).toBe(5);
  expect(Object.keys(routes)).toEqual(["my orders"]);
  expect(routes["my orders"]?.legacy).toBeUndefined();
  expect(routes["my orders"]?.modern).toEqual({
    requestsPerSecond: [20, 0, 10],
    errorRatio: [0.1, null, 0],
    // 5 of the 10 slow ones lie below rank 95 in the bucket from 1 s to 2.5 s; the quick ones lie between 2.5 ms and 5 ms.
    p95Ms: [1_750, null, expect.closeTo(4.875, 2)],
    lastMinute: { requestsPerSecond: 10, errorRatio: 0.067, p95Ms: expect.closeTo(1_375, 0) as unknown },
  });
});

it("a request that modern failed and legacy answered counts as modern's error and as legacy's answer", async () => {
  const { metrics, series } = open();
  answer(metrics, { side: "modern", times: 3 });
  answer(metrics, { side: "legacy", times: 1, reason: "fallback" });
  await series.sample();
  const { modern, legacy } = series.read().routes["my orders"] ?? {};
  expect([modern?.errorRatio, legacy?.errorRatio]).toEqual([[0.25], [0]]);
});

it("a side that comes later has the same number of steps, and 4xx are no errors", async () => {
  const { metrics, series } = open();
  answer(metrics, { side: "legacy", times: 5, status: 404 });
  await series.sample();
  answer(metrics, { side: "modern", times: 5, durationMs: 60_000 });
  await series.sample();
  const { modern, legacy } = series.read().routes["my orders"] ?? {};
  expect(modern?.requestsPerSecond).toEqual([0, 1]);
  expect(modern?.p95Ms).toEqual([null, 30_000]);
  expect(legacy).toMatchObject({ requestsPerSecond: [1, 0], errorRatio: [0, null] });
});

it("five minutes are kept, and a side without traffic in them is left out", async () => {
  const { metrics, series } = open();
  answer(metrics, { side: "legacy", times: 5 });
  await series.sample();
  for (let step = 1; step < 60; step++) await series.sample();
  expect(series.read().routes["my orders"]?.legacy?.requestsPerSecond).toHaveLength(60);
  expect(series.read().routes["my orders"]?.legacy?.lastMinute).toEqual({
    requestsPerSecond: 0,
    errorRatio: null,
    p95Ms: null,
  });
  await series.sample();
  expect(series.read().routes).toEqual({});
});
