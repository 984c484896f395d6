import type { Side } from "../model/side.ts";

/** A side without any traffic in the time kept is left out. */
export type RouteTraffic = Partial<Record<Side, SideTraffic>>;

/** One value a step, the oldest first; `null` where there was no traffic. */
export interface SideTraffic {
  readonly requestsPerSecond: readonly number[];
  /** 0 to 1: answers of 500 and above; for modern also the requests that legacy answered in its place. */
  readonly errorRatio: readonly (number | null)[];
  readonly p95Ms: readonly (number | null)[];
  readonly lastMinute: {
    readonly requestsPerSecond: number;
    readonly errorRatio: number | null;
    readonly p95Ms: number | null;
  };
}

/** What counters say since the process began, for one route and side. */
export interface TrafficTotals {
  requests: number;
  errors: number;
  /** Requests that took at most so many seconds, by upper bound; the last bound is infinite. */
  readonly buckets: Map<number, number>;
}

const KEPT_STEPS = 60;
const MINUTE_SECONDS = 60;

interface Step {
  readonly requests: number;
  readonly errors: number;
  readonly p95Ms: number | null;
}

/** The last steps of one route and side. */
class Cell {
  steps: Step[] = [];
  /** The totals at the end of each step of the last minute, the oldest first; what the minute gained is last minus first. */
  marks: TrafficTotals[] = [{ requests: 0, errors: 0, buckets: new Map() }];
}

/** Turns totals, given once a step, into what each step gained. */
export function createTrafficCells({ stepSeconds }: { stepSeconds: number }): {
  advance(totals: ReadonlyMap<string, TrafficTotals>): void;
  read(): Record<string, RouteTraffic>;
} {
  const cells = new Map<string, Cell>();
  const minuteSteps = Math.ceil(MINUTE_SECONDS / stepSeconds);
  let stepCount = 0;
  return { advance, read };

  function advance(totals: ReadonlyMap<string, TrafficTotals>): void {
    stepCount = Math.min(stepCount + 1, KEPT_STEPS);
    for (const [key, now] of totals) {
      const cell = cells.get(key) ?? new Cell();
      cells.set(key, cell);
      const before = cell.marks.at(-1) as TrafficTotals;
      const { requests, errors } = gained(before, now);
      cell.steps.push({ requests, errors, p95Ms: quantileMs(before, now) });
      cell.marks.push(now);
      if (cell.steps.length > KEPT_STEPS) cell.steps.shift();
      if (cell.marks.length > minuteSteps + 1) cell.marks.shift();
    }
  }

  function read(): Record<string, RouteTraffic> {
    const routes: Record<string, RouteTraffic> = Object.create(null) as never;
    for (const [key, cell] of cells) {
      if (!cell.steps.some(({ requests }) => requests > 0)) continue;
      const space = key.indexOf(" ");
      const route = key.slice(space + 1);
      (routes[route] ??= {})[key.slice(0, space) as Side] = trafficOf(cell);
    }
    return routes;
  }

  function trafficOf({ steps, marks }: Cell): SideTraffic {
    // A side that had its first request later than others began later: it had none before.
    const none = Array.from({ length: stepCount - steps.length }, () => ({ requests: 0, errors: 0, p95Ms: null }));
    const all = [...none, ...steps];
    const [first, last] = [marks[0] as TrafficTotals, marks.at(-1) as TrafficTotals];
    const { requests, errors } = gained(first, last);
    return {
      requestsPerSecond: all.map((step) => rounded(step.requests / stepSeconds)),
      errorRatio: all.map(ratioOf),
      p95Ms: all.map((step) => step.p95Ms),
      lastMinute: {
        requestsPerSecond: rounded(requests / (Math.min(minuteSteps, stepCount) * stepSeconds)),
        errorRatio: ratioOf({ requests, errors }),
        p95Ms: quantileMs(first, last),
      },
    };
  }
}

function gained(before: TrafficTotals, now: TrafficTotals): { requests: number; errors: number } {
  return { requests: now.requests - before.requests, errors: now.errors - before.errors };
}

function ratioOf({ requests, errors }: { requests: number; errors: number }): number | null {
  return requests === 0 ? null : rounded(errors / requests);
}

const QUANTILE = 0.95;

/** As Prometheus's `histogram_quantile`: linear within the bucket; beyond the last finite bound it is that bound. */
function quantileMs(before: TrafficTotals, now: TrafficTotals): number | null {
  const bounds = [...now.buckets.keys()].sort((a, b) => a - b);
  const below = bounds.map((bound) => (now.buckets.get(bound) ?? 0) - (before.buckets.get(bound) ?? 0));
  const total = below.at(-1) ?? 0;
  if (total <= 0) return null;
  const rank = QUANTILE * total;
  const index = below.findIndex((count) => count >= rank);
  const upper = bounds[index] as number;
  const lower = bounds[index - 1] ?? 0;
  if (!Number.isFinite(upper)) return rounded(lower * 1_000);
  const start = below[index - 1] ?? 0;
  const share = (rank - start) / ((below[index] as number) - start);
  return rounded((lower + (upper - lower) * share) * 1_000);
}

/** Three decimals: the report is read by people, and sent every few seconds. */
function rounded(value: number): number {
  return Math.round(value * 1_000) / 1_000;
}
