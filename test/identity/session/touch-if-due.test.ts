import { expect, it } from "vitest";
import { SessionRecord } from "../../../src/identity/session/session-record.ts";
import { touchIfDue } from "../../../src/identity/session/touch-if-due.ts";

const MINUTE_MS = 60_000;

function recordOf(lifeMs: number | undefined, renewedAtMs = 0): SessionRecord {
  return Object.assign(new SessionRecord({ id: "id", key: "sess:id", handle: "handle" }), { lifeMs, renewedAtMs });
}

/** The moments, looked at each second, at which a user who is always active has his session prolonged. */
function touches(record: SessionRecord, untilMs: number): { atMs: number; ttlSeconds: number }[] {
  const touched: { atMs: number; ttlSeconds: number }[] = [];
  for (let atMs = 0; atMs <= untilMs; atMs += 1_000)
    touchIfDue(record, atMs, (_key, ttlSeconds) => touched.push({ atMs, ttlSeconds }));
  return touched;
}

it("prolongs a session of 30 minutes every 90 seconds, to its whole life", () => {
  const touched = touches(recordOf(30 * MINUTE_MS), 10 * MINUTE_MS);
  expect(touched.map(({ atMs }) => atMs / 1_000)).toEqual([90, 180, 270, 360, 450, 540]);
  expect(new Set(touched.map(({ ttlSeconds }) => ttlSeconds))).toEqual(new Set([1_800]));
});

it("leaves 30 seconds between two touches of a session of 5 minutes", () => {
  expect(touches(recordOf(5 * MINUTE_MS), MINUTE_MS).map(({ atMs }) => atMs / 1_000)).toEqual([30, 60]);
});

it("keeps a session alive that lives shorter than the usual pause", () => {
  const touched = touches(recordOf(12_000), 20_000);
  expect(touched.map(({ atMs }) => atMs / 1_000)).toEqual([4, 8, 12, 16, 20]);
});

it("leaves alone what has no end, what somebody else has just prolonged, and what would outlive the prolonging", () => {
  expect(touches(recordOf(undefined), MINUTE_MS)).toEqual([]);
  expect(touches(recordOf(30 * MINUTE_MS, MINUTE_MS), 2 * MINUTE_MS)).toEqual([]);
  expect(touches(recordOf(30 * MINUTE_MS, 60 * MINUTE_MS), 30 * MINUTE_MS)).toEqual([]);
});

it("rounds the life up to seconds, as connect-redis does, and never to the 0 that deletes a key", () => {
  expect(touches(recordOf(1_200), 1_000)).toEqual([{ atMs: 1_000, ttlSeconds: 2 }]);
  expect(touches(recordOf(0.5), 1_000).every(({ ttlSeconds }) => ttlSeconds === 1)).toBe(true);
  expect(touches(recordOf(0), 1_000)).toEqual([]);
});
