import { expect, it } from "vitest";
import { createRestartPolicy } from "../../src/workers/restart-policy.ts";

it("a worker that dies at its start is replaced ever later, and then no more", () => {
  const policy = createRestartPolicy();
  const pauses = Array.from({ length: 6 }, () => policy.ended(50));
  expect(pauses).toEqual([
    ...[100, 200, 400, 800, 1_600].map((afterMs) => ({ kind: "restart", afterMs })),
    { kind: "give-up" },
  ]);
});

it("a worker that lived well is replaced soon, however often that happens", () => {
  const policy = createRestartPolicy();
  for (let i = 0; i < 5; i++) policy.ended(50);
  for (let i = 0; i < 20; i++) expect(policy.ended(60_000)).toEqual({ kind: "restart", afterMs: 100 });
});
