import { describe, expect, it } from "vitest";

it("passes", () => {
  expect(1 + 1).toBe(2);
});

describe.skip("on the moon (needs a rocket)", () => {
  it("is light", () => undefined);
  it("is far", () => undefined);
});

describe("elsewhere", () => {
  it("runs", () => undefined);
  it("decides for itself", (context) => context.skip("it is not Tuesday"));
});
