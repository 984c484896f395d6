import fc from "fast-check";
import { expect, it } from "vitest";
import { Histogram } from "../../../bench/measure/histogram.ts";

it("knows the quantiles of small values exactly", () => {
  const histogram = new Histogram();
  for (let us = 1; us <= 50; us += 1) histogram.record(us);
  expect([histogram.count, histogram.quantileUs(0.5), histogram.quantileUs(1), histogram.maxUs]).toEqual([
    50, 25, 50, 50,
  ]);
});

it("is never off by more than a thirty-second, whatever the values", () => {
  const values = fc.array(fc.integer({ min: 0, max: 60_000_000 }), { minLength: 1, maxLength: 200 });
  fc.assert(
    fc.property(values, fc.double({ min: 0.01, max: 1, noNaN: true }), (all, share) => {
      const histogram = new Histogram();
      for (const value of all) histogram.record(value);
      const exact = all.toSorted((a, b) => a - b)[Math.max(1, Math.ceil(share * all.length)) - 1] as number;
      const told = histogram.quantileUs(share);
      expect(told).toBeGreaterThanOrEqual(exact);
      expect(told).toBeLessThanOrEqual(Math.max(exact * (1 + 1 / 32) + 2, exact));
    }),
  );
});

it("says 0 where nothing was recorded", () => {
  expect(new Histogram().quantileUs(0.99)).toBe(0);
});
