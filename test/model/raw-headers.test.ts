import { expect, it } from "vitest";
import { fieldValues, firstFieldValue, foldFieldName } from "../../src/model/raw-headers.ts";

const headers = ["Cookie", "a=1", "HOST", "shop.test", "cookie", "b=2"];

it("finds every value of a field in the order received, whatever the case of its name", () => {
  expect(fieldValues(headers, "cookie")).toEqual(["a=1", "b=2"]);
  expect(firstFieldValue(headers, "host")).toBe("shop.test");
  expect(firstFieldValue(headers, "accept")).toBeUndefined();
});

it("folds the spellings that an application server would read as the same field", () => {
  for (const name of ["X-Figway-Side", "x_figway_side", "X.Figway.Side", "X-FIGWAY_side"]) {
    expect(foldFieldName(name)).toBe("x-figway-side");
  }
});
