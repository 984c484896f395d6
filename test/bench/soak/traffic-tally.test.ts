import { expect, it } from "vitest";
import { TrafficTally } from "../../../bench/soak/traffic-tally.ts";

it("excuses what fails while an upstream is away, and nothing else", () => {
  let nowMs = 0;
  const tally = new TrafficTally(() => nowMs);
  tally.failed("get", 0, "status 502");
  tally.excuse(4_000);
  tally.failed("get", 3_999, "status 502");
  nowMs = 5_000;
  tally.failed("get", 5_000, "status 500");
  tally.done("get");
  expect(tally.rows).toEqual([{ kind: "get", done: 1, excused: 1, wrong: 2 }]);
  expect([tally.wrong, tally.complaints]).toEqual([2, ["get: status 502", "get: status 500"]]);
});
