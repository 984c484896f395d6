import { userInfo } from "node:os";
import type { AdminServices, FlagChangeRequest } from "./admin/admin-services.ts";
import { AdminError, InvalidRequestError } from "./admin/refusal.ts";
import type { FlagActors } from "./flag-actors.ts";
import type { JsonObject, JsonValue } from "./model/json.ts";
import { LEGACY, type Side, sideOf } from "./model/side.ts";
import { explain } from "./pipeline/explain.ts";
import { packageVersion } from "./package-version.ts";
import type { Reloads } from "./reload-config.ts";
import type { Overrides } from "./rollout/overrides.ts";
import type { RouteConfig } from "./config/schema/routes.ts";
import type { AuditTrail } from "./telemetry/audit.ts";
import type { LiveFeed } from "./telemetry/live-feed.ts";
import { describeError, type Log } from "./telemetry/log.ts";
import type { ReadableRegistry } from "./telemetry/metrics.ts";
import type { TrafficReport } from "./telemetry/traffic-series.ts";
import type { Keys } from "./open-keys.ts";

export interface GatewayParts {
  readonly file: string;
  readonly reloads: Reloads;
  readonly overrides: Overrides;
  readonly flagActors: FlagActors;
  readonly audit: AuditTrail;
  readonly metrics: { readonly registry: ReadableRegistry };
  readonly log: Log;
  readonly live: LiveFeed;
  traffic(): TrafficReport;
  readonly keys: Keys;
  readonly adminToken: string | undefined;
  readiness(): { readonly ready: boolean; readonly reasons: readonly string[] };
  addresses(): { readonly public: string; readonly admin: string };
}

/** What the admin API shows and does, over the parts of a running gateway. */
export function adminServicesOf(parts: GatewayParts): AdminServices {
  const { reloads, overrides, audit, keys, flagActors } = parts;
  const pieces = () => reloads.current().pieces;
  const decider = () => ({ ...reloads.current().snapshot, overrideOf: overrides.get });
  let changingFlags: Promise<unknown> = Promise.resolve();
  return {
    token: parts.adminToken,
    metrics: parts.metrics,
    audit,
    live: parts.live,
    traffic: parts.traffic,
    reportFault: (error) => parts.log.error("the admin API failed", faultOf(error)),
    readiness: parts.readiness,
    status: () => statusOf(parts),
    routes: () => reloads.current().snapshot.config.routes.map((route) => describeRoute(route, parts)),
    flags: () => asJson({ flags: pieces().flags.list(), status: pieces().flags.status() }),
    explain: (question) => explain(question, decider()),
    overrides: overrides.list,
    setFlag(change) {
      // One after the other: the trail must not write one person's change under another's name.
      const turn = changingFlags.then(() => setFlag(change));
      changingFlags = turn.catch(() => undefined);
      return turn;
    },
    setOverride({ routeId, side, actor, why }) {
      requireRoute(routeId, side);
      const before = overrides.get(routeId)?.side ?? "none";
      written(() => overrides.set({ routeId, side, actor, why, at: new Date().toISOString() }));
      audit.record({ actor, action: "override-set", target: routeId, before, after: side, why });
    },
    clearOverride(routeId, { actor, why }) {
      const before = overrides.get(routeId)?.side ?? "none";
      const cleared = written(() => overrides.clear(routeId));
      if (cleared) audit.record({ actor, action: "override-cleared", target: routeId, before, after: "none", why });
      return cleared;
    },
    keys: async () => asJson({ keys: keys.list() }),
    async rotateKeys({ mode, actor, why }) {
      const before = keys.signingKeyId();
      const key = await keys.rotate(mode);
      const action = mode === "compromised" ? "keys-withdrawn" : "keys-rotated";
      audit.record({ actor, action, target: "keys", before, after: key.kid, why });
      return asJson({ key, keys: keys.list() });
    },
  };

  async function setFlag({ flag, value, actor, why }: FlagChangeRequest): Promise<JsonObject> {
    const before = summaryOf(flag);
    flagActors.note(flag, { actor, why });
    try {
      await pieces().flags.set(flag, value);
    } finally {
      flagActors.take(flag);
    }
    return { flag, before, after: summaryOf(flag) };
  }

  function summaryOf(flag: string): string {
    return (
      pieces()
        .flags.list()
        .find(({ name }) => name === flag)?.summary ?? "absent"
    );
  }

  function requireRoute(routeId: string, side: Side): void {
    const { routes } = reloads.current().snapshot.config;
    const route = routes.find(({ id }) => id === routeId);
    if (route === undefined) {
      const names = routes.map(({ id }) => id).join(", ");
      throw new InvalidRequestError(`There is no route ${routeId}; the routes are ${names}.`);
    }
    if (side === "modern" && sideOf(route.to ?? "modern") === "legacy")
      throw new InvalidRequestError(`Route ${routeId} names no modern upstream.`);
  }
}

/** An override that only this process knew of would be gone after a restart: one that cannot be written is refused. */
function written<T>(write: () => T): T {
  try {
    return write();
  } catch (error) {
    throw new AdminError(500, `The override could not be written, and nothing was changed: ${describeError(error)}.`, {
      cause: error,
    });
  }
}

function faultOf(error: unknown): { cause: string; stack: string | undefined } {
  return { cause: describeError(error), stack: error instanceof Error ? error.stack : undefined };
}

/** The account's name; in a container a number may have none (uv_os_get_passwd ENOENT). */
function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}

function statusOf({ file, reloads, readiness, addresses, keys, overrides }: GatewayParts): JsonObject {
  const { snapshot, pieces } = reloads.current();
  const { ready, reasons } = readiness();
  return asJson({
    version: packageVersion(),
    node: process.versions.node,
    process: { id: process.pid, user: accountName() },
    uptimeSeconds: Math.floor(process.uptime()),
    ready,
    reasons,
    listen: addresses(),
    config: { file, digest: snapshot.digest, loadedAt: reloads.loadedAt, lastReloadProblems: reloads.lastProblems() },
    flags: pieces.flags.status(),
    identity: pieces.resolver.health(),
    upstreams: [...pieces.upstreams.values()].map((upstream) => upstream.status()),
    tokens: { signingKeyId: keys.signingKeyId(), ...keys.health() },
    overrides: overrides.list(),
  });
}

/** A route and, in words, what happens to it now. */
function describeRoute(route: RouteConfig, { reloads, overrides }: GatewayParts): JsonObject {
  const { flags } = reloads.current().pieces;
  const { id, path, methods, host, flag, auth, roles, fallback } = route;
  const to = route.to ?? "modern";
  const summary = flag === undefined ? undefined : flags.list().find(({ name }) => name === flag)?.summary;
  return asJson({ id, path, methods, host, flag, to, auth, roles, fallback, decision: decisionWords() });

  function decisionWords(): string {
    const override = overrides.get(id);
    if (override !== undefined) return `${override.side === "legacy" ? LEGACY : to}: override by ${override.actor}`;
    if (flag === undefined) return `${to}: always`;
    if (summary === undefined) return `${LEGACY}: flag ${flag} is unknown`;
    if (summary === "off") return `${LEGACY}: flag ${flag} is off`;
    return summary === "on" ? `${to}: flag ${flag} is on` : `${to} or ${LEGACY}: flag ${flag} is on for ${summary}`;
  }
}

/** Drops what JSON cannot carry: members that are undefined. */
function asJson(value: object): JsonObject {
  return JSON.parse(JSON.stringify(value)) as Record<string, JsonValue>;
}
