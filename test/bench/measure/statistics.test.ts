import { expect, it } from "vitest";
import { median } from "../../../bench/measure/statistics.ts";

it("takes the middle of an odd number of values, and the mean of the two middle ones of an even number", () => {
  expect(median([9, 1, 5])).toBe(5);
  expect(median([9, 1, 5, 2])).toBe(3.5);
  expect(median([])).toBeNaN();
});
