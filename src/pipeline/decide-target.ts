import type { RouteConfig } from "../config/schema/routes.ts";
import type { Decision, DecisionReason, FlagContext } from "../model/decision.ts";
import { GatewayError } from "../model/gateway-error.ts";
import type { Identity } from "../model/identity.ts";
import type { Override } from "../model/override.ts";
import { LEGACY, sideOf } from "../model/side.ts";
import { isSafe } from "./methods.ts";
import type { Flags } from "./snapshot.ts";

export interface DecisionInput {
  readonly route: RouteConfig;
  readonly method: string;
  readonly identity: Identity;
  readonly override: Override | undefined;
  readonly flags: Flags;
  readonly flagContext: () => FlagContext;
}

/**
 * Which side, and why: override > identity unknown > flag > the route's own upstream. Pure and synchronous, so that
 * `figway explain` gives the very answer that a request would get.
 *
 * @throws GatewayError `identity-unknown` (503) where the user may be somebody, the store cannot be read, and legacy may not be
 * asked instead: for unsafe methods, and on routes that legacy does not serve.
 */
export function decideTarget({ route, method, identity, override, flags, flagContext }: DecisionInput): Decision {
  const { flag } = route;
  const modernUpstream = route.to ?? "modern";
  if (override?.side === LEGACY) return toLegacy("override", flag);
  if (flag !== undefined && override === undefined && !flags.mayBeOn(flag)) {
    return toLegacy(reasonOf(flags.evaluate(flag, flagContext())), flag);
  }
  if (identity.kind === "unknown" && sideOf(modernUpstream) === "modern") {
    if (flag === undefined || !isSafe(method)) {
      throw new GatewayError("identity-unknown", `the session store cannot be read: ${identity.cause}`, {
        retryAfterSeconds: 1,
      });
    }
    return toLegacy("identity-unknown", flag);
  }
  if (flag === undefined) return { side: sideOf(modernUpstream), upstream: modernUpstream, reason: "no-flag", flag };
  if (override !== undefined)
    return { side: sideOf(modernUpstream), upstream: modernUpstream, reason: "override", flag };
  const answer = flags.evaluate(flag, flagContext());
  if (answer !== "on") return toLegacy(reasonOf(answer), flag);
  return { side: sideOf(modernUpstream), upstream: modernUpstream, reason: "flag-on", flag };
}

function toLegacy(reason: DecisionReason, flag: string | undefined): Decision {
  return { side: "legacy", upstream: LEGACY, reason, flag };
}

function reasonOf(answer: ReturnType<Flags["evaluate"]>): DecisionReason {
  switch (answer) {
    case "on":
      return "flag-on";
    case "off":
      return "flag-off";
    case "unknown":
      return "flag-unknown";
    case "not-loaded":
      return "flags-not-loaded";
  }
}
