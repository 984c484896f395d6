import type { Explanation, ExplainQuestion } from "../pipeline/explain.ts";
import type { Override } from "../model/override.ts";
import type { JsonObject } from "../model/json.ts";
import type { AuditTrail } from "../telemetry/audit.ts";
import type { Metrics } from "../telemetry/metrics.ts";

/** What the admin API shows and does; `start.ts` passes it in. */
export interface AdminServices {
  /** Needed in every request when set; needed to start at all when the listener is reachable from other machines. */
  readonly token: string | undefined;
  readonly metrics: Metrics;
  readonly audit: AuditTrail;
  readiness(): { readonly ready: boolean; readonly reasons: readonly string[] };
  status(): JsonObject;
  routes(): readonly JsonObject[];
  flags(): JsonObject;
  /** Rejects with an error whose message says what to do. */
  setFlag(change: FlagChangeRequest): Promise<JsonObject>;
  explain(question: ExplainQuestion): Explanation;
  overrides(): readonly Override[];
  setOverride(change: OverrideRequest): void;
  clearOverride(routeId: string, actor: string): boolean;
  keys(): Promise<JsonObject>;
  rotateKeys(actor: string): Promise<JsonObject>;
}

export interface FlagChangeRequest {
  readonly flag: string;
  readonly value: boolean | { readonly percent: number };
  readonly actor: string;
  readonly why: string | undefined;
}

export interface OverrideRequest {
  readonly routeId: string;
  readonly side: "legacy" | "modern";
  readonly actor: string;
  readonly why: string | undefined;
}
