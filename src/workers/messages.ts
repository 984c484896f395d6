import type { LiveEvent } from "../telemetry/live-feed.ts";
import type { MetricSnapshot } from "./sum-metrics.ts";

/** What the primary asks of a worker. */
export type Question =
  | { readonly about: "metrics" }
  | { readonly about: "status" }
  /** Take in what another process has changed; answered once it is in force. */
  | { readonly about: "overrides" }
  | { readonly about: "keys" }
  | { readonly about: "flags"; readonly revision: string | undefined };

export interface Answers {
  metrics: MetricSnapshot[];
  status: WorkerStatus;
  overrides: true;
  keys: true;
  flags: true;
}

export interface WorkerStatus {
  readonly digest: string;
  readonly identity: { readonly ok: boolean };
  readonly upstreams: readonly UpstreamLoad[];
}

export interface UpstreamLoad {
  readonly name: string;
  readonly health: "up" | "probing" | "ejected";
  readonly connections: number;
  readonly idleConnections: number;
  readonly queued: number;
  readonly consecutiveFailures: number;
  readonly lastFailure: string | undefined;
}

export type ToWorker =
  | { readonly figway: "ask"; readonly id: number; readonly question: Question }
  | { readonly figway: "watch"; readonly on: boolean }
  /** `afterMs`: how long it goes on taking requests, saying that it is not ready for more. */
  | { readonly figway: "stop"; readonly afterMs: number };

export type FromWorker =
  | { readonly figway: "answer"; readonly id: number; readonly value: Answers[Question["about"]] }
  | { readonly figway: "listening"; readonly url: string }
  | { readonly figway: "readiness"; readonly ready: boolean; readonly reasons: readonly string[] }
  | { readonly figway: "live"; readonly events: readonly LiveEvent[] }
  | { readonly figway: "failed"; readonly message: string; readonly problems: readonly unknown[] };

/** Other parts (the rate limiter) send messages over the same channel. */
export function isToWorker(message: unknown): message is ToWorker {
  return isOurs(message);
}

export function isFromWorker(message: unknown): message is FromWorker {
  return isOurs(message);
}

function isOurs(message: unknown): boolean {
  return typeof message === "object" && message !== null && "figway" in message;
}
