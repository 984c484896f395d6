import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import { createMetrics } from "../../src/telemetry/metrics.ts";

const text = readFileSync(resolve(import.meta.dirname, "../../docs/operations.md"), "utf8");

it("docs/operations.md has a row for each metric, with its labels, and names none that does not exist", () => {
  const metrics = createMetrics({ processMetrics: false }).registry.getMetricsAsArray();
  const rows = new Map(
    [...text.matchAll(/^\| `(figway_\w+)` \| (.*?) \|/gm)].map(([, name, labels = ""]) => [
      name,
      labels.replaceAll("`", "").split(" ").filter(Boolean),
    ]),
  );
  const declared = metrics.map((metric) => [metric.name, (metric as unknown as { labelNames: string[] }).labelNames]);
  expect(Object.fromEntries(rows)).toEqual(Object.fromEntries(declared));
  const names = new Set(metrics.map(({ name }) => name));
  const used = [...text.matchAll(/figway_[a-z_]+/g)].map(([name]) => name.replace(/_(?:count|sum|bucket)$/, ""));
  expect(used.filter((name) => !names.has(name))).toEqual([]);
});
