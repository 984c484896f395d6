import { describe, expect, it } from "vitest";
import { routeSchema } from "../../src/config/schema/routes.ts";
import type { FlagAnswer } from "../../src/model/decision.ts";
import type { Identity } from "../../src/model/identity.ts";
import type { Override } from "../../src/model/override.ts";
import { decideTarget } from "../../src/pipeline/decide-target.ts";

const flagged = routeSchema.parse({ id: "orders", path: "/orders/*", flag: "orders-modern" });
const unflaggedModern = routeSchema.parse({ id: "search", path: "/search", to: "search" });
const unflaggedLegacy = routeSchema.parse({ id: "rest", path: "/*", to: "legacy" });

const anonymous: Identity = { kind: "anonymous", reason: "no-cookie", sessionHandle: undefined };
const unknown: Identity = { kind: "unknown", cause: "connection refused" };

function flags(answer: FlagAnswer, mayBeOn = answer === "on") {
  return { evaluate: () => answer, needsBucket: () => false, mayBeOn: () => mayBeOn };
}

function override(side: "legacy" | "modern"): Override {
  return { routeId: "orders", side, actor: "olga", why: undefined, at: "2026-11-21T00:00:00Z" };
}

const base = {
  route: flagged,
  method: "GET",
  identity: anonymous,
  override: undefined,
  flagContext: () => ({}) as never,
};

describe("the decision names its side and its reason", () => {
  it.each<[FlagAnswer, "legacy" | "modern", string]>([
    ["on", "modern", "flag-on"],
    ["off", "legacy", "flag-off"],
    ["unknown", "legacy", "flag-unknown"],
    ["not-loaded", "legacy", "flags-not-loaded"],
  ])("a flag that is %s leads to %s", (answer, side, reason) => {
    expect(decideTarget({ ...base, flags: flags(answer) })).toMatchObject({ side, reason, flag: "orders-modern" });
    expect(decideTarget({ ...base, flags: flags(answer, true) })).toMatchObject({ side, reason });
  });

  it("a route without a flag goes to its own upstream", () => {
    expect(decideTarget({ ...base, route: unflaggedModern, flags: flags("off") })).toMatchObject({
      side: "modern",
      upstream: "search",
    });
    expect(decideTarget({ ...base, route: unflaggedLegacy, flags: flags("off") })).toMatchObject({
      side: "legacy",
      reason: "no-flag",
    });
  });

  it("an override wins over the flag, in both directions", () => {
    expect(decideTarget({ ...base, flags: flags("on"), override: override("legacy") })).toMatchObject({
      side: "legacy",
      reason: "override",
    });
    expect(decideTarget({ ...base, flags: flags("off"), override: override("modern") })).toMatchObject({
      side: "modern",
      reason: "override",
    });
  });
});

describe("when the session store cannot be read", () => {
  it("a safe request on a flagged route is answered by legacy", () => {
    for (const method of ["GET", "HEAD", "OPTIONS"]) {
      expect(decideTarget({ ...base, method, identity: unknown, flags: flags("on") })).toMatchObject({
        side: "legacy",
        reason: "identity-unknown",
      });
    }
  });

  it("an unsafe request is refused with 503 and Retry-After", () => {
    const decide = () => decideTarget({ ...base, method: "POST", identity: unknown, flags: flags("on") });
    expect(decide).toThrow(expect.objectContaining({ code: "identity-unknown", status: 503, retryAfterSeconds: 1 }));
  });

  it("a route that legacy does not serve is refused even for safe methods", () => {
    const decide = () => decideTarget({ ...base, route: unflaggedModern, identity: unknown, flags: flags("on") });
    expect(decide).toThrow(expect.objectContaining({ code: "identity-unknown" }));
  });

  it("a route whose flag is off for everyone goes to legacy for every method, as before figway", () => {
    expect(decideTarget({ ...base, method: "POST", identity: unknown, flags: flags("off") })).toMatchObject({
      side: "legacy",
      reason: "flag-off",
    });
  });

  it("an override to legacy serves every method", () => {
    const decision = decideTarget({
      ...base,
      method: "POST",
      identity: unknown,
      flags: flags("on"),
      override: override("legacy"),
    });
    expect(decision).toMatchObject({ side: "legacy", reason: "override" });
  });
});
