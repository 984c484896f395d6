import type { FeatureInterface } from "unleash-client/lib/feature.js";
import type { Segment, StrategyTransportInterface } from "unleash-client/lib/strategy/strategy.js";

/** One complete set of flags as Unleash serves it. */
export interface UnleashFeatures {
  readonly features: readonly FeatureInterface[];
  readonly segments: readonly Segment[];
  /** Unleash's own count of changes, where it says so. */
  readonly revision: string | undefined;
}

/**
 * Reads an answer of `/client/features`, or a backup of one. Undefined when it is anything else, such as a balancer's page
 * with status 200: it must not take the place of good flags.
 */
export function readUnleashFeatures(answer: unknown): UnleashFeatures | undefined {
  if (!isObject(answer) || !Array.isArray(answer["features"])) return undefined;
  const { features, segments = [], meta } = answer;
  if (!features.every(isFeature) || !Array.isArray(segments) || !segments.every(isSegment)) return undefined;
  const revisionId = isObject(meta) ? meta["revisionId"] : answer["revision"];
  return {
    features: features.map(withLists),
    segments: segments.map((segment) => ({ ...segment, constraints: segment.constraints.map(withValues) })),
    revision: typeof revisionId === "number" || typeof revisionId === "string" ? String(revisionId) : undefined,
  };
}

function isFeature(value: unknown): value is FeatureInterface {
  if (!isObject(value) || typeof value["name"] !== "string" || typeof value["enabled"] !== "boolean") return false;
  const { strategies = [] } = value;
  return (
    Array.isArray(strategies) &&
    strategies.every((strategy) => isObject(strategy) && typeof strategy["name"] === "string")
  );
}

function isSegment(value: unknown): value is Segment {
  return (
    isObject(value) &&
    typeof value["id"] === "number" &&
    Array.isArray(value["constraints"]) &&
    value["constraints"].every(isObject)
  );
}

/** unleash-client reads `parameters`, `constraints` and their `values` without asking whether they are there. */
function withLists(feature: FeatureInterface): FeatureInterface {
  const strategies = (feature.strategies ?? []).map(
    (strategy: Partial<StrategyTransportInterface> & { name: string }) => ({
      ...strategy,
      parameters: strategy.parameters ?? {},
      constraints: (strategy.constraints ?? []).map(withValues),
    }),
  );
  return { ...feature, strategies };
}

function withValues<T extends { values?: string[] }>(constraint: T): T & { values: string[] } {
  return { ...constraint, values: constraint.values ?? [] };
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
