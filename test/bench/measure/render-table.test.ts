import { expect, it } from "vitest";
import { renderTable, sparkline } from "../../../bench/measure/render-table.ts";

it("pads columns to their widest cell, and numbers from the left", () => {
  const table = renderTable(
    [{ title: "who" }, { title: "µs", align: "right" }],
    [
      ["figway", "41.0"],
      ["http-proxy", "9.5"],
    ],
  );
  expect(table.split("\n")).toEqual(["who           µs", "──────────  ────", "figway      41.0", "http-proxy   9.5"]);
});

it("draws a series between its least and its greatest value, and a level one flat", () => {
  expect(sparkline([0, 7, 3])).toBe("▁█▄");
  expect(sparkline([5, 5])).toBe("▁▁");
  expect(sparkline(Array.from({ length: 100 }, (_, i) => i))).toHaveLength(40);
});
