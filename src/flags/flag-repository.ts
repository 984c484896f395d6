import { EventEmitter } from "node:events";
import type { EnhancedFeatureInterface, FeatureInterface } from "unleash-client/lib/feature.js";
import type { RepositoryInterface } from "unleash-client/lib/repository/index.js";
import type { Segment } from "unleash-client/lib/strategy/strategy.js";
import { dependsOnBucket } from "./depends-on-bucket.ts";
import { describeFeature } from "./describe-feature.ts";
import type { FlagChange } from "./flag-source.ts";

/** A flag as it was loaded, with everything that can be known before a request asks for it. */
export interface FlagEntry {
  readonly feature: FeatureInterface;
  readonly summary: string;
  readonly enabled: boolean;
  readonly needsBucket: boolean;
  /** Two loads of a flag with equal definitions answer alike. */
  readonly definition: string;
}

/** The flags that unleash-client evaluates: both sources fill one of these. Each load replaces all flags at once. */
export class FlagRepository extends EventEmitter implements RepositoryInterface {
  #entries: ReadonlyMap<string, FlagEntry> = new Map();
  #segments: ReadonlyMap<number, Segment> = new Map();
  #loaded = false;

  get loaded(): boolean {
    return this.#loaded;
  }

  get entries(): ReadonlyMap<string, FlagEntry> {
    return this.#entries;
  }

  /** Takes the flags over and returns what changed; nothing has changed by the first load. */
  load(received: readonly FeatureInterface[], segments: readonly Segment[]): readonly FlagChange[] {
    const features = new Map(received.map((feature) => [feature.name, toEvaluable(feature)]));
    const segmentById = new Map(segments.map((segment) => [segment.id, segment]));
    const lookup = {
      featureOf: (name: string) => features.get(name),
      segmentOf: (id: number) => segmentById.get(id),
    };
    const entries = new Map<string, FlagEntry>();
    for (const [name, feature] of features) {
      entries.set(name, {
        feature,
        ...describeFeature(feature, lookup.segmentOf),
        needsBucket: dependsOnBucket(feature, lookup),
        definition: definitionOf(feature, lookup.segmentOf),
      });
    }
    const changes = this.#loaded ? differences(this.#entries, entries) : [];
    this.#entries = entries;
    this.#segments = segmentById;
    this.#announce();
    return changes;
  }

  #announce(): void {
    const isFirst = !this.#loaded;
    this.#loaded = true;
    if (isFirst) this.emit("ready");
    this.emit("changed", this.getToggles());
  }

  getToggle(name: string): FeatureInterface | undefined {
    return this.#entries.get(name)?.feature;
  }

  getToggles(): FeatureInterface[] {
    return [...this.#entries.values()].map(({ feature }) => feature);
  }

  getTogglesWithSegmentData(): EnhancedFeatureInterface[] {
    return this.getToggles().map(({ strategies, ...rest }) => {
      if (strategies === undefined) return rest;
      return {
        ...rest,
        strategies: strategies.map(({ segments, ...strategy }) =>
          segments === undefined ? strategy : { ...strategy, segments: segments.map((id) => this.getSegment(id)) },
        ),
      };
    });
  }

  getSegment(id: number): Segment | undefined {
    return this.#segments.get(id);
  }

  /** unleash-client starts and stops its repository; this one is filled from outside. */
  async start(): Promise<void> {}

  stop(): void {
    this.removeAllListeners();
  }
}

/**
 * unleash-client answers `off` to 100 % of buckets where there is no bucket, yet nobody needs a bucket for 100 %: figway sets
 * none then. At 100 % every stickiness answers alike, so take the one that needs nothing.
 */
function toEvaluable(feature: FeatureInterface): FeatureInterface {
  const strategies = (feature.strategies ?? []).map((strategy) => {
    const { stickiness, rollout } = strategy.parameters ?? {};
    const isAllBuckets = strategy.name === "flexibleRollout" && stickiness === "bucket" && Number(rollout) >= 100;
    return isAllBuckets ? { ...strategy, parameters: { ...strategy.parameters, stickiness: "random" } } : strategy;
  });
  return { ...feature, strategies };
}

function definitionOf(feature: FeatureInterface, segmentOf: (id: number) => Segment | undefined): string {
  const { enabled, strategies = [], dependencies = [] } = feature;
  const segments = strategies.flatMap((strategy) => strategy.segments ?? []).map((id) => segmentOf(id) ?? null);
  return JSON.stringify([enabled, strategies, dependencies, segments]);
}

function differences(before: ReadonlyMap<string, FlagEntry>, after: ReadonlyMap<string, FlagEntry>): FlagChange[] {
  const changes: FlagChange[] = [];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const [was, is] = [before.get(name), after.get(name)];
    if (was?.definition === is?.definition) continue;
    const [from, to] = [was?.summary ?? "absent", is?.summary ?? "absent"];
    // An off flag whose strategies are edited, or a change past the end of a shortened list.
    changes.push({ flag: name, before: from, after: from === to ? `${to} (its rules were edited)` : to });
  }
  return changes;
}
