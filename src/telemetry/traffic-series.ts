import type { ReadableRegistry } from "./metrics.ts";
import { createTrafficCells, type RouteTraffic, type TrafficTotals } from "./traffic-cells.ts";

/** The traffic of the last minutes, by route and side. A side without any in that time is left out. */
export interface TrafficReport {
  readonly stepSeconds: number;
  /** RFC 3339, UTC: when the last step ended. */
  readonly endsAt: string;
  readonly routes: Readonly<Record<string, RouteTraffic>>;
}

export interface TrafficSeries {
  read(): TrafficReport;
  /** Looks at the counters now; for tests, and called by itself once a step. */
  sample(): Promise<void>;
  close(): void;
}

const STEP_SECONDS = 5;

/** Looks at the process's own counters every few seconds and keeps five minutes of what they gained. Requests pay nothing for it. */
export function createTrafficSeries(options: {
  registry: ReadableRegistry;
  nowMs: () => number;
  onProblem: (error: unknown) => void;
}): TrafficSeries {
  const { registry, nowMs, onProblem } = options;
  const cells = createTrafficCells({ stepSeconds: STEP_SECONDS });
  let endsAt = new Date(nowMs()).toISOString();
  const timer = setInterval(() => void sample().catch(onProblem), STEP_SECONDS * 1_000).unref();
  return {
    sample,
    read: () => ({ stepSeconds: STEP_SECONDS, endsAt, routes: cells.read() }),
    close: () => clearInterval(timer),
  };

  async function sample(): Promise<void> {
    const totals = new Map<string, TrafficTotals>();
    for (const { labels, value } of await samplesOf("figway_requests_total")) {
      const { route, side, status, reason } = labels as Record<string, string>;
      count(totalsFor(route, side), value, Number(status) >= 500);
      if (reason === "fallback") count(totalsFor(route, "modern"), value, true);
    }
    for (const { labels, value, metricName } of await samplesOf("figway_request_duration_seconds")) {
      const { route, side, le } = labels as Record<string, string>;
      if (metricName?.endsWith("_bucket"))
        totalsFor(route, side).buckets.set(le === "+Inf" ? Infinity : Number(le), value);
    }
    cells.advance(totals);
    endsAt = new Date(nowMs()).toISOString();

    function totalsFor(route = "", side = ""): TrafficTotals {
      const key = `${side} ${route}`;
      const found = totals.get(key) ?? { requests: 0, errors: 0, buckets: new Map<number, number>() };
      totals.set(key, found);
      return found;
    }
  }

  async function samplesOf(name: string): Promise<PromSample[]> {
    const metric = await registry.getSingleMetric(name)?.get();
    return metric?.values ?? [];
  }
}

/** prom-client's own; `metricName` is there for the parts of a histogram, whose bucket `+Inf` comes as a word. */
interface PromSample {
  readonly labels: Partial<Record<string, string | number>>;
  readonly value: number;
  readonly metricName?: string;
}

function count(totals: TrafficTotals, value: number, isError: boolean): void {
  totals.requests += value;
  if (isError) totals.errors += value;
}
