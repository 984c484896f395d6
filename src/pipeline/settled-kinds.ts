import type { RouteConfig } from "../config/schema/routes.ts";
import type { Decision } from "../model/decision.ts";
import type { Identity } from "../model/identity.ts";
import type { CountRequest, RequestKind } from "../telemetry/metrics.ts";

export interface Settled {
  readonly route: RouteConfig;
  readonly identity: Identity;
  readonly decision: Decision;
}

/** What is the same for all exchanges that ended alike, made for the first of them. */
export interface SettledKind {
  readonly count: CountRequest;
  /** The members that they share in the log's line: `"status":200,"side":"legacy",…,"flag":"orders"`. */
  readonly members: string;
}

export type KindOf = (settled: Settled, status: number) => SettledKind;

interface KnownKind extends SettledKind {
  readonly decision: Decision;
  readonly identity: Identity["kind"];
}

/** Remembers the kinds by route, for as long as somebody holds the configuration that the route stands in. */
export function createSettledKinds(requestsLike: (kind: RequestKind) => CountRequest): KindOf {
  const byRoute = new WeakMap<RouteConfig, Map<number, KnownKind[]>>();
  return function kindOf(settled, status) {
    const known = byRoute.get(settled.route)?.get(status);
    if (known !== undefined) for (const kind of known) if (isOfKind(settled, kind)) return kind;
    return remember(settled, status);
  };

  function remember({ route, decision, identity }: Settled, status: number): SettledKind {
    const byStatus = byRoute.get(route) ?? new Map<number, KnownKind[]>();
    byRoute.set(route, byStatus);
    const kind: KnownKind = {
      count: requestsLike({ routeId: route.id, decision, identity: identity.kind, status }),
      members: membersOf(route, decision, status),
      decision,
      identity: identity.kind,
    };
    byStatus.set(status, [...(byStatus.get(status) ?? []), kind]);
    return kind;
  }
}

function isOfKind({ decision, identity }: Settled, kind: KnownKind): boolean {
  const { side, upstream, reason, flag } = kind.decision;
  return (
    identity.kind === kind.identity &&
    decision.reason === reason &&
    decision.side === side &&
    decision.upstream === upstream &&
    decision.flag === flag
  );
}

function membersOf(route: RouteConfig, { side, upstream, reason, flag }: Decision, status: number): string {
  return JSON.stringify({ status, side, upstream, route: route.id, reason, flag }).slice(1, -1);
}
