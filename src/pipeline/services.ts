import type { Override } from "../model/override.ts";
import type { SettledEvent } from "../telemetry/live-feed.ts";
import type { Log } from "../telemetry/log.ts";
import type { Metrics } from "../telemetry/metrics.ts";
import type { KindOf } from "./settled-kinds.ts";
import type { Snapshot } from "./snapshot.ts";

/** What the pipeline needs of the process around it. Everything that belongs to a configuration is in the snapshot. */
export interface Services {
  currentSnapshot(): Snapshot;
  /** An operator's kill switch for a route, if one is set. Synchronous. */
  overrideOf(routeId: string): Override | undefined;
  /** The JSON Web Key Set that figway publishes (RFC 7517 §5). */
  publishedKeys(): { readonly body: string; readonly etag: string; readonly headers: Readonly<Record<string, string>> };
  /** Whether the gateway may take traffic; what balancers ask on the public listener. */
  readiness(): { readonly ready: boolean; readonly reasons: readonly string[] };
  continueTrace(received: string | undefined): string;
  randomHex(octets: number): string;
  monotonicMs(): number;
  readonly log: Log;
  readonly metrics: Metrics;
  /** What counts and describes a settled exchange together with all that ended alike. */
  readonly kindOf: KindOf;
  /** Tells those who watch of a settled exchange; undefined while nobody does. */
  readonly live?: ((event: SettledEvent) => void) | undefined;
  /** The open tunnels, so that a stopping gateway can close them. */
  readonly tunnels: TunnelRegistry;
}

export interface TunnelRegistry {
  /** Remembers an open tunnel; the function returned forgets it. */
  add(tunnel: OpenTunnel): () => void;
}

export interface OpenTunnel {
  close(code: number, reason: string): void;
}
