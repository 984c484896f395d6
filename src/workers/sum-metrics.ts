import { AggregatorRegistry, type Metric, type Registry } from "prom-client";
import type { ReadableRegistry } from "../telemetry/metrics.ts";

/** One metric with its values, as `Registry#getMetricsAsJSON` gives it. */
export type MetricSnapshot = Awaited<ReturnType<Registry["getMetricsAsJSON"]>>[number];

export interface SummedMetrics extends ReadableRegistry {
  /** What a worker counted stays counted: a sum that fell would look like a restart, and its rate like a burst. */
  workerEnded(workerId: number): void;
}

/** How long one look at all workers serves, in milliseconds. */
const FRESH_MS = 250;

/** The metrics of the primary and all workers as those of one process: counters and histograms add up, gauges as they say. */
export function sumMetrics(options: {
  own: Registry;
  /** What each worker counts now, by its id. */
  ask: () => Promise<ReadonlyMap<number, MetricSnapshot[]>>;
  nowMs: () => number;
}): SummedMetrics {
  const { own, ask, nowMs } = options;
  const lastOf = new Map<number, MetricSnapshot[]>();
  let ended: MetricSnapshot[] = [];
  let sum: Promise<Registry> | undefined;
  let summedAtMs = 0;
  return {
    contentType: own.contentType,
    metrics: async () => await (await summed()).metrics(),
    getSingleMetric: (name) =>
      ({ get: async () => await (await summed()).getSingleMetric(name)?.get() }) as unknown as Metric,
    workerEnded(workerId) {
      const last = lastOf.get(workerId);
      lastOf.delete(workerId);
      if (last === undefined) return;
      ended = [...ended, ...last.filter(({ type }) => isCounting(String(type)))];
      ended = compact(ended);
    },
  };

  function summed(): Promise<Registry> {
    if (sum === undefined || nowMs() - summedAtMs > FRESH_MS) {
      summedAtMs = nowMs();
      sum = lookAtAll();
    }
    return sum;
  }

  async function lookAtAll(): Promise<Registry> {
    const [mine, theirs] = await Promise.all([own.getMetricsAsJSON(), ask()]);
    for (const [id, metrics] of theirs) lastOf.set(id, metrics);
    // A worker that did not answer in time counts with what it said last.
    return AggregatorRegistry.aggregate([mine, ended, ...lastOf.values()]);
  }

  /** The ended ones as one, so that they do not grow in number. */
  function compact(metrics: MetricSnapshot[]): MetricSnapshot[] {
    const byName = new Map<string, MetricSnapshot[]>();
    for (const metric of metrics) byName.set(metric.name, [...(byName.get(metric.name) ?? []), metric]);
    return [...byName.values()].map((same) => ({ ...(same[0] as MetricSnapshot), values: addValues(same) }));
  }
}

function isCounting(type: string): boolean {
  return type === "counter" || type === "histogram";
}

type Value = MetricSnapshot["values"][number] & { metricName?: string };

function addValues(metrics: readonly MetricSnapshot[]): MetricSnapshot["values"] {
  const byLabels = new Map<string, Value>();
  for (const { values } of metrics) {
    for (const value of values as Value[]) {
      const key = `${value.metricName ?? ""} ${JSON.stringify(Object.entries(value.labels).sort(([a], [b]) => (a < b ? -1 : 1)))}`;
      const known = byLabels.get(key);
      byLabels.set(key, known === undefined ? value : { ...known, value: known.value + value.value });
    }
  }
  return [...byLabels.values()];
}
