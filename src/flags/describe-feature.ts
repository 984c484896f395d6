import type { FeatureInterface } from "unleash-client/lib/feature.js";
import type { Constraint, Segment, StrategyTransportInterface } from "unleash-client/lib/strategy/strategy.js";

/** What a percentage is a percentage of, by stickiness. */
const POPULATIONS: Readonly<Record<string, string>> = {
  bucket: "buckets",
  userId: "users",
  sessionId: "sessions",
  default: "users, else sessions",
  random: "requests",
};

/** Longer lists are cut: a summary is one line in a terminal and in the audit trail. */
const MOST_NAMES = 5;

/** Says in plain words for whom a flag is on: `on`, `off`, `25 % of buckets; users u1, u2`. Strategies are alternatives. */
export function describeFeature(
  feature: FeatureInterface,
  segmentOf: (id: number) => Segment | undefined,
): { summary: string; enabled: boolean } {
  if (!feature.enabled) return { summary: "off", enabled: false };
  const strategies = feature.strategies ?? [];
  const parts = strategies.map((strategy) => describeStrategy(strategy, constraintsOf(strategy, segmentOf)));
  const who = parts.length === 0 || parts.includes("everyone") ? "on" : parts.join("; ");
  const enabled = who === "on" || parts.some((part) => !part.startsWith("0 %"));
  const parents = (feature.dependencies ?? []).map(
    ({ feature: parent, enabled: wanted }) => `${parent} ${wanted === false ? "is off" : "is on"}`,
  );
  return { summary: parents.length === 0 ? who : `${who}, only while ${parents.join(" and ")}`, enabled };
}

/** A strategy's own constraints and those of its segments. A segment that is missing matches nobody, as unleash-client has it. */
export function constraintsOf(
  strategy: StrategyTransportInterface,
  segmentOf: (id: number) => Segment | undefined,
): readonly (Constraint | "missing-segment")[] {
  const own: readonly Constraint[] = strategy.constraints ?? [];
  const ofSegments = (strategy.segments ?? []).flatMap(
    (id): readonly (Constraint | "missing-segment")[] => segmentOf(id)?.constraints ?? ["missing-segment"],
  );
  return [...own, ...ofSegments];
}

function describeStrategy(
  strategy: StrategyTransportInterface,
  constraints: readonly (Constraint | "missing-segment")[],
): string {
  const [first] = constraints;
  const base = describeShare(strategy);
  if (base === "everyone" && constraints.length === 1 && first !== undefined && isUserList(first)) {
    return `users ${listOf(first.values)}`;
  }
  return constraints.length === 0 ? base : `${base} where ${constraints.map(describeConstraint).join(" and ")}`;
}

function isUserList(constraint: Constraint | "missing-segment"): constraint is Constraint {
  return (
    constraint !== "missing-segment" &&
    constraint.contextName === "userId" &&
    (constraint.operator as string) === "IN" &&
    !constraint.inverted
  );
}

function describeShare({ name, parameters }: StrategyTransportInterface): string {
  switch (name) {
    case "default":
      return "everyone";
    case "flexibleRollout": {
      const percent = Number(parameters["rollout"]);
      const stickiness = String(parameters["stickiness"] ?? "default");
      return percent >= 100
        ? "everyone"
        : `${percent} % of ${POPULATIONS[stickiness] ?? `the values of ${stickiness}`}`;
    }
    case "gradualRolloutUserId":
      return `${parameters["percentage"]} % of users`;
    case "gradualRolloutSessionId":
      return `${parameters["percentage"]} % of sessions`;
    case "gradualRolloutRandom":
      return `${parameters["percentage"]} % of requests`;
    case "userWithId":
      return `users ${listOf(String(parameters["userIds"] ?? "").split(/\s*,\s*/))}`;
    case "remoteAddress":
      return `addresses ${parameters["IPs"]}`;
    default:
      return `strategy ${name}`;
  }
}

function describeConstraint(constraint: Constraint | "missing-segment"): string {
  if (constraint === "missing-segment") return "a segment that Unleash did not send";
  const { contextName, operator, inverted, values, value } = constraint;
  const operand = value !== undefined && value !== "" ? String(value) : listOf(values ?? []);
  return `${inverted ? "not " : ""}${contextName} ${operator} ${operand}`;
}

function listOf(names: readonly string[]): string {
  const shown = names.slice(0, MOST_NAMES).join(", ");
  return names.length > MOST_NAMES ? `${shown} and ${names.length - MOST_NAMES} more` : shown;
}
