import { expect, it } from "vitest";
import type { ExpectedSession } from "../../../src/cli/doctor/expected-session.ts";
import { judgeRedis } from "../../../src/cli/doctor/judge-surroundings.ts";
import type { ChangesSeen } from "../../../src/cli/doctor/observations.ts";

const CACHED = { cache: true } as ExpectedSession;

function judge(changes: Partial<ChangesSeen>, { skewMs = 0, keyspaceEvents = "" } = {}) {
  const seen = { mode: undefined, refusal: undefined, reported: undefined, ...changes };
  const [invalidation, clock] = judgeRedis({ changes: seen, redis: { database: 0, skewMs, keyspaceEvents } }, CACHED);
  return { invalidation, clock };
}

it.each([
  [{ mode: "tracking", reported: true }, "", "ok", "mode tracking"],
  [{ mode: "tracking" }, "", "ok", "nobody logged in to try it"],
  [{ mode: "tracking", reported: false }, "", "warns", "mode none"],
  [{ mode: "keyspace", reported: true }, undefined, "ok", "mode keyspace"],
  [{ mode: "keyspace", reported: false }, "KEA", "warns", "mode none"],
  [{ mode: "keyspace" }, "AKE", "ok", "mode keyspace"],
  [{ mode: "keyspace" }, "Kgx", "warns", "mode none"],
  [{ refusal: "NOPERM" }, "", "warns", "NOPERM"],
] as const)("of %j and events %j it says %s: %s", (changes, keyspaceEvents, verdict, evidence) => {
  const { invalidation } = judge(changes, keyspaceEvents === undefined ? {} : { keyspaceEvents });
  expect(invalidation).toMatchObject({ verdict });
  expect(invalidation?.evidence).toContain(evidence);
});

it("clocks that differ by more than two seconds are warned of, in either direction", () => {
  expect(judge({}, { skewMs: 1_900 }).clock).toMatchObject({ verdict: "ok" });
  expect(judge({}, { skewMs: 2_600 }).clock?.evidence).toContain("2.6 s ahead of");
  expect(judge({}, { skewMs: -9_000 }).clock).toMatchObject({
    verdict: "warns",
    evidence: expect.stringContaining("behind") as string,
  });
});
