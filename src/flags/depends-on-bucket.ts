import type { FeatureInterface } from "unleash-client/lib/feature.js";
import type { Segment, StrategyTransportInterface } from "unleash-client/lib/strategy/strategy.js";
import { constraintsOf } from "./describe-feature.ts";

/** How unleash-client's own fields are found: flags by name, segments by number. */
export interface FeatureLookup {
  featureOf(name: string): FeatureInterface | undefined;
  segmentOf(id: number): Segment | undefined;
}

/**
 * Whether a flag's answer may depend on the bucket: on a percentage between 0 and 100 of buckets (or of sessions, where the
 * bucket stands in for a session that does not exist yet, see flag-evaluator.ts), or on a constraint on `bucket`.
 */
export function dependsOnBucket(feature: FeatureInterface, lookup: FeatureLookup): boolean {
  return asksForBucket(feature, lookup) || (feature.enabled && parentsAskForBucket(feature, lookup));
}

/** unleash-client follows one generation of parents only. */
function parentsAskForBucket(feature: FeatureInterface, lookup: FeatureLookup): boolean {
  return (feature.dependencies ?? []).some(({ feature: name }) => {
    const parent = lookup.featureOf(name);
    return parent !== undefined && asksForBucket(parent, lookup);
  });
}

function asksForBucket(feature: FeatureInterface, { segmentOf }: FeatureLookup): boolean {
  if (!feature.enabled) return false;
  const strategies = feature.strategies ?? [];
  const isForEveryone = strategies.some(
    (strategy) => constraintsOf(strategy, segmentOf).length === 0 && shareOf(strategy).percent >= 100,
  );
  if (isForEveryone) return false;
  return strategies.some((strategy) => {
    const constraints = constraintsOf(strategy, segmentOf);
    // Constraints are checked first, but who meets them is not known without the request.
    if (constraints.some((constraint) => constraint !== "missing-segment" && constraint.contextName === "bucket"))
      return true;
    return isShareOfBuckets(strategy);
  });
}

function isShareOfBuckets(strategy: StrategyTransportInterface): boolean {
  const { percent, stickiness } = shareOf(strategy);
  if (!(percent > 0)) return false;
  // Even 100 % of sessions needs something that stands for the session.
  if (stickiness === "sessionId") return true;
  return percent < 100 && (stickiness === "bucket" || stickiness === "default");
}

function shareOf({ name, parameters }: StrategyTransportInterface): { percent: number; stickiness: string } {
  switch (name) {
    case "default":
      return { percent: 100, stickiness: "none" };
    case "flexibleRollout":
      return { percent: Number(parameters["rollout"]), stickiness: String(parameters["stickiness"] || "default") };
    case "gradualRolloutSessionId":
      return { percent: Number(parameters["percentage"]), stickiness: "sessionId" };
    default:
      return { percent: 0, stickiness: "none" };
  }
}
