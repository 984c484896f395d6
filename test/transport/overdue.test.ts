import { expect, it } from "vitest";
import { type ExchangeProgress, overdue } from "../../src/transport/overdue.ts";

const PROGRESS: ExchangeProgress = {
  phase: "first-byte",
  quietMs: 0,
  firstByteTimeoutMs: 100,
  idleTimeoutMs: 50,
  waitsFor: "upstream",
};

it("waits for the head of the answer by the first-byte limit, not by the idle limit", () => {
  expect(overdue({ ...PROGRESS, quietMs: 99 })).toBeUndefined();
  expect(overdue({ ...PROGRESS, quietMs: 100 })).toMatchObject({
    code: "first-byte-timeout",
    party: "upstream",
    phase: "response-head",
  });
});

it("leaves connecting to the pool, and an exchange that is over in peace", () => {
  expect(overdue({ ...PROGRESS, phase: "connect", quietMs: 1e9 })).toBeUndefined();
  expect(overdue({ ...PROGRESS, phase: "over", quietMs: 1e9 })).toBeUndefined();
});

it("blames a stalled body on the side that was to move", () => {
  const stalled = { ...PROGRESS, quietMs: 50 } as const;
  expect(overdue({ ...stalled, phase: "request", waitsFor: "client" })).toMatchObject({
    code: "client-timeout",
    party: "client",
    phase: "request",
  });
  expect(overdue({ ...stalled, phase: "request" })).toMatchObject({ code: "idle-timeout", phase: "request" });
  expect(overdue({ ...stalled, phase: "answer" })).toMatchObject({ code: "idle-timeout", phase: "response-body" });
  expect(overdue({ ...stalled, phase: "flush", waitsFor: "client" })).toMatchObject({ party: "client" });
  expect(overdue({ ...stalled, phase: "answer", quietMs: 49 })).toBeUndefined();
});
