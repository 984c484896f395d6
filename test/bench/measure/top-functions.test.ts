import { expect, it } from "vitest";
import { topFunctions } from "../../../bench/measure/top-functions.ts";

it("adds up a function's own time over all its callers, and leaves idle time out", () => {
  const frame = (functionName: string, url: string) => ({ functionName, url, lineNumber: 9 });
  const profile = {
    nodes: [
      { id: 1, callFrame: frame("(idle)", "") },
      { id: 2, callFrame: frame("settle", "file:///repository/src/pipeline/settle.ts") },
      { id: 3, callFrame: frame("settle", "file:///repository/src/pipeline/settle.ts") },
      { id: 4, callFrame: frame("write", "node:net") },
      { id: 5, callFrame: frame("(garbage collector)", "") },
    ],
    samples: [1, 2, 3, 4, 5],
    timeDeltas: [900, 30, 30, 30, 10],
  };
  expect(topFunctions(profile, "/repository")).toEqual([
    { name: "settle", place: "src/pipeline/settle.ts:10", share: 0.6 },
    { name: "write", place: "node:net:10", share: 0.3 },
    { name: "(garbage collector)", place: "runtime", share: 0.1 },
  ]);
});
