import type { Explanation, ExplainQuestion } from "../pipeline/explain.ts";
import type { Override } from "../model/override.ts";
import type { JsonObject } from "../model/json.ts";
import type { AuditTrail } from "../telemetry/audit.ts";
import type { LiveFeed } from "../telemetry/live-feed.ts";
import type { ReadableRegistry } from "../telemetry/metrics.ts";
import type { TrafficReport } from "../telemetry/traffic-series.ts";

/** What the admin API shows and does; `start.ts` passes it in. */
export interface AdminServices {
  /** Needed in every request when set; needed to start at all when the listener is reachable from other machines. */
  readonly token: string | undefined;
  readonly metrics: { readonly registry: ReadableRegistry };
  readonly audit: AuditTrail;
  readonly live: LiveFeed;
  /** The last minutes' traffic, by route and side. */
  traffic(): TrafficReport;
  /** Something failed that is nobody's mistake but figway's own. Never throws. */
  reportFault(error: unknown): void;
  readiness(): { readonly ready: boolean; readonly reasons: readonly string[] };
  status(): JsonObject | Promise<JsonObject>;
  routes(): readonly JsonObject[];
  flags(): JsonObject;
  /** Rejects with an error whose message says what to do. */
  setFlag(change: FlagChangeRequest): Promise<JsonObject>;
  explain(question: ExplainQuestion): Explanation;
  overrides(): readonly Override[];
  setOverride(change: OverrideRequest): void | Promise<void>;
  /** Answers whether there was one. */
  clearOverride(routeId: string, author: Author): boolean | Promise<boolean>;
  keys(): Promise<JsonObject>;
  rotateKeys(change: RotateRequest): Promise<JsonObject>;
}

/** Who makes a change, and the reason given. */
export interface Author {
  readonly actor: string;
  readonly why: string | undefined;
}

export interface FlagChangeRequest extends Author {
  readonly flag: string;
  readonly value: boolean | { readonly percent: number };
}

export interface RotateRequest extends Author {
  /** `compromised`: the new key signs at once and the others are withdrawn at once. */
  readonly mode: "graceful" | "compromised";
}

export interface OverrideRequest extends Author {
  readonly routeId: string;
  readonly side: "legacy" | "modern";
}
