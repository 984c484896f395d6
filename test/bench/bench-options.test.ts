import { expect, it } from "vitest";
import { parseBenchOptions } from "../../bench/bench-options.ts";

it("takes the defaults, and fewer rounds when it must be quick", () => {
  expect(parseBenchOptions([])).toEqual({ quick: false, json: false, only: undefined, rounds: 5, profile: false });
  expect(parseBenchOptions(["--quick"])).toMatchObject({ quick: true, rounds: 2 });
  expect(parseBenchOptions(["--only", "nginx, haproxy"])).toMatchObject({ only: ["nginx", "haproxy"] });
  expect(parseBenchOptions(["--help"])).toBe("help");
});

it.each([[["--only", "apache"]], [["--rounds", "0"]], [["--slow"]]])("refuses %j in words", (args) => {
  expect(() => parseBenchOptions(args)).toThrow(TypeError);
});
