import fc from "fast-check";
import { AggregatorRegistry, Counter, Histogram, Registry } from "prom-client";
import { expect, it } from "vitest";
import { createCellCounter, createCellHistogram } from "../../src/telemetry/metric-cells.ts";
import { sumMetrics } from "../../src/workers/sum-metrics.ts";

const BOUNDS = [0.001, 0.01, 0.1, 1];
const requests = { name: "requests_total", help: "Requests,\nanswered.", labelNames: ["route", "status"] };
const durations = { name: "duration_seconds", help: "How long.", labelNames: ["route"] };

interface Answer {
  readonly route: string;
  readonly status: string;
  readonly seconds: number;
}

/** The same answers, counted by cells and by prom-client. */
function countBoth(answers: readonly Answer[]): { cells: Registry; prom: Registry } {
  const [cells, prom] = [new Registry(), new Registry()];
  const cellOf = createCellCounter(cells, requests);
  const bucketsOf = createCellHistogram(cells, { ...durations, bounds: BOUNDS });
  const counter = new Counter({ ...requests, registers: [prom] });
  const histogram = new Histogram({ ...durations, buckets: BOUNDS, registers: [prom] });
  for (const { route, status, seconds } of answers) {
    cellOf(route, status).value += 1;
    bucketsOf(route).observe(seconds);
    counter.inc({ route, status });
    histogram.observe({ route }, seconds);
  }
  return { cells, prom };
}

const answers = fc.array(
  fc.record({
    route: fc.constantFrom("orders", 'a "quoted" \\ route\n', "every thing", "__proto__"),
    status: fc.constantFrom("200", "404", "502"),
    // On the bounds themselves as well: a bucket takes what is equal to its bound.
    seconds: fc.oneof(fc.constantFrom(0, ...BOUNDS), fc.double({ min: 0, max: 5, noNaN: true })),
  }),
  { maxLength: 30 },
);

it("are read as prom-client's own would be, as text and as what workers send", async () => {
  await fc.assert(
    fc.asyncProperty(answers, async (all) => {
      const { cells, prom } = countBoth(all);
      expect(await cells.metrics()).toBe(await prom.metrics());
      expect(await sent(cells)).toEqual(await sent(prom));
    }),
  );
});

it("add up over processes as prom-client's own do, and stay counted when a worker ends", async () => {
  await fc.assert(
    fc.asyncProperty(answers, answers, async (ours, theirs) => {
      const [own, worker] = [countBoth(ours), countBoth(theirs)];
      const workerMetrics = new Map([[1, await worker.cells.getMetricsAsJSON()]]);
      let nowMs = 0;
      const sum = sumMetrics({ own: own.cells, ask: async () => workerMetrics, nowMs: () => (nowMs += 1_000) });
      const expected = await AggregatorRegistry.aggregate([
        await own.prom.getMetricsAsJSON(),
        await worker.prom.getMetricsAsJSON(),
      ]).metrics();
      expect(await sum.metrics()).toBe(expected);
      workerMetrics.clear();
      sum.workerEnded(1);
      expect(sorted(await sum.metrics())).toEqual(sorted(expected));
    }),
  );
});

it("a cell is the same for the same labels, and is not shown before it has counted", async () => {
  const registry = new Registry();
  const cellOf = createCellCounter(registry, requests);
  const bucketsOf = createCellHistogram(registry, { ...durations, bounds: BOUNDS });
  expect(cellOf("orders", "200")).toBe(cellOf("orders", "200"));
  expect(cellOf("orders", "200")).not.toBe(cellOf("orders", "404"));
  bucketsOf("orders");
  expect(await registry.metrics()).not.toContain("orders");
  cellOf("orders", "404").value += 2;
  expect(await registry.metrics()).toContain('requests_total{route="orders",status="404"} 2');
});

/** What a worker sends to its primary; prom-client names exemplars, of which there are none. */
async function sent(registry: Registry): Promise<unknown> {
  const text = JSON.stringify(await registry.getMetricsAsJSON());
  return JSON.parse(text, (name, value: unknown) => (name === "exemplar" ? undefined : value));
}

function sorted(exposition: string): string[] {
  return exposition.split("\n").sort();
}
