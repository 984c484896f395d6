import type { FeatureInterface } from "unleash-client/lib/feature.js";
import type { Constraint, StrategyTransportInterface } from "unleash-client/lib/strategy/strategy.js";
import type { FlagConstraint, FlagDefinition, FlagRules } from "./flags-file-schema.ts";

/**
 * Says a flag of flags.json in Unleash's own terms, so that unleash-client evaluates it as it evaluates the server's:
 * the percentage is a flexibleRollout with the flag's name as group id, which is what Unleash's UI makes.
 */
export function toFeature(name: string, definition: FlagDefinition): FeatureInterface {
  const base = { name, type: "release", variants: [] };
  if (typeof definition === "boolean") return { ...base, enabled: definition, strategies: [] };
  const strategies = [...rolloutOf(name, definition), ...userListOf(definition)];
  return { ...base, enabled: definition.enabled ?? true, strategies };
}

function rolloutOf(name: string, { percent, users, stickiness, constraints }: FlagRules): StrategyTransportInterface[] {
  const share = percent ?? (users !== undefined && constraints === undefined ? 0 : 100);
  if (share === 0 && users !== undefined) return [];
  return [
    {
      name: "flexibleRollout",
      parameters: { rollout: String(share), stickiness: stickiness ?? "bucket", groupId: name },
      constraints: (constraints ?? []).map(toConstraint),
    },
  ];
}

/** A constraint rather than the userWithId strategy: that one splits its ids at commas. */
function userListOf({ users }: FlagRules): StrategyTransportInterface[] {
  if (users === undefined) return [];
  const constraint = toConstraint({ contextName: "userId", operator: "IN", values: users });
  return [{ name: "default", parameters: {}, constraints: [constraint] }];
}

function toConstraint(constraint: FlagConstraint): Constraint {
  // unleash-client declares its operators as an enum, which a literal cannot be; the schema allows no others.
  const complete: object = { inverted: false, values: [], ...constraint };
  return complete as Constraint;
}
