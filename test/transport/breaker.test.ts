import { expect, it } from "vitest";
import { Breaker, type BreakerLimits } from "../../src/transport/breaker.ts";
import { signOf } from "../../src/transport/sign-of.ts";

const LIMITS: BreakerLimits = {
  consecutiveFailures: 3,
  failureRatio: undefined,
  minimumExchanges: 10,
  windowMs: 1_000,
  ejectMs: 100,
  maxEjectMs: 300,
};

function failed(breaker: Breaker, times: number, nowMs: number): void {
  for (let i = 0; i < times; i++) breaker.record("unreachable", nowMs);
}

it("opens after so many exchanges in a row that found nobody, and not after fewer", () => {
  const breaker = new Breaker(LIMITS);
  failed(breaker, 2, 0);
  expect(breaker.admits(0)).toBe(true);
  failed(breaker, 1, 0);
  expect(breaker.state(0)).toBe("open");
  expect(breaker.admits(99)).toBe(false);
});

it("begins to count anew with each answer", () => {
  const breaker = new Breaker(LIMITS);
  failed(breaker, 2, 0);
  breaker.record("answered", 0);
  failed(breaker, 2, 0);
  expect(breaker.state(0)).toBe("closed");
});

it("takes broken answers and clients that left for no sign that nobody is there", () => {
  const breaker = new Breaker(LIMITS);
  for (let i = 0; i < 50; i++) {
    breaker.record("broken", 0);
    breaker.record("neutral", 0);
  }
  expect(breaker.state(0)).toBe("closed");
});

it("lets one exchange at a time try after the ejection, and closes when it is answered", () => {
  const breaker = new Breaker(LIMITS);
  failed(breaker, 3, 0);
  expect(breaker.state(100)).toBe("half-open");
  expect([breaker.admits(100), breaker.admits(100)]).toEqual([true, false]);
  breaker.record("neutral", 110);
  expect(breaker.admits(110)).toBe(true);
  breaker.record("answered", 120);
  expect([breaker.admits(120), breaker.admits(120)]).toEqual([true, true]);
});

it("doubles the ejection while trying fails, up to its limit, and starts small again after an answer", () => {
  const breaker = new Breaker(LIMITS);
  failed(breaker, 3, 0);
  const ends: number[] = [];
  let now = 0;
  for (let i = 0; i < 4; i++) {
    const start = now;
    while (breaker.state(now) === "open") now++;
    ends.push(now - start);
    breaker.admits(now);
    breaker.record("unreachable", now);
  }
  expect(ends).toEqual([100, 200, 300, 300]);
  while (breaker.state(now) === "open") now++;
  breaker.record("answered", now);
  failed(breaker, 3, now);
  expect([breaker.state(now + 99), breaker.state(now + 100)]).toEqual(["open", "half-open"]);
});

it("does not take what was under way at the ejection for another one", () => {
  const breaker = new Breaker(LIMITS);
  failed(breaker, 30, 0);
  expect(breaker.state(100)).toBe("half-open");
});

it("never opens by count where the count is 0", () => {
  const breaker = new Breaker({ ...LIMITS, consecutiveFailures: 0 });
  failed(breaker, 1_000, 0);
  expect(breaker.state(0)).toBe("closed");
});

it("opens at the ratio within the window, broken answers included, once there are enough exchanges", () => {
  const breaker = new Breaker({ ...LIMITS, consecutiveFailures: 0, failureRatio: 0.5 });
  for (let i = 0; i < 5; i++) breaker.record("answered", 0);
  for (let i = 0; i < 4; i++) breaker.record("broken", 10);
  expect(breaker.state(10)).toBe("closed");
  breaker.record("broken", 10);
  expect(breaker.state(10)).toBe("open");
});

it("forgets what lies before the window", () => {
  const breaker = new Breaker({ ...LIMITS, consecutiveFailures: 0, failureRatio: 0.5 });
  for (let i = 0; i < 9; i++) breaker.record("broken", 0);
  for (let i = 0; i < 9; i++) breaker.record("broken", 1_000);
  expect(breaker.state(1_000)).toBe("closed");
});

it("does not blame the upstream for what the client or figway did", () => {
  const base = { detail: "" };
  expect(signOf({ ...base, phase: "request", party: "client", code: "client-gone" })).toBe("neutral");
  expect(signOf({ ...base, phase: "request", party: "client", code: "body-too-large" })).toBe("neutral");
  expect(signOf({ ...base, phase: "connect", party: "gateway", code: "overloaded" })).toBe("neutral");
  expect(signOf({ ...base, phase: "connect", party: "upstream", code: "connect-failed" })).toBe("unreachable");
  expect(signOf({ ...base, phase: "response-head", party: "upstream", code: "invalid-response" })).toBe("broken");
  expect(signOf({ ...base, phase: "response-body", party: "upstream", code: "truncated-response" })).toBe("answered");
  expect(signOf(undefined)).toBe("answered");
});
