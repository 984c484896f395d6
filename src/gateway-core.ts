import { dirname, isAbsolute, join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import type { AssemblyServices } from "./assemble-snapshot.ts";
import { loadConfig } from "./config/load-config.ts";
import type { Config } from "./config/schema.ts";
import { watchFile } from "./config/watch-file.ts";
import { deriveHandleKey } from "./derive-handle-key.ts";
import { createFlagActors, type FlagActors } from "./flag-actors.ts";
import { type Keys, openKeys } from "./open-keys.ts";
import { createGateway, type Gateway } from "./pipeline/handle-request.ts";
import { createSettledKinds } from "./pipeline/settled-kinds.ts";
import { openReloads, type Reloads } from "./reload-config.ts";
import { createOverrides, type Overrides } from "./rollout/overrides.ts";
import { StartError } from "./start-error.ts";
import { type AuditTrail, createAuditTrail } from "./telemetry/audit.ts";
import { createLiveFeed, type LiveFeed } from "./telemetry/live-feed.ts";
import { createLog, describeError, type LogLevel } from "./telemetry/log.ts";
import { createMetrics, type Metrics } from "./telemetry/metrics.ts";
import { continueTrace, createRandomHex } from "./telemetry/trace-context.ts";
import { createTunnelRegistry, type OpenTunnels } from "./tunnel-registry.ts";

export interface CoreOptions {
  /** The path of routes.json. */
  readonly configFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly logLevel: LogLevel;
  /** A `worker` leaves the records of what happens to all of them to its primary. */
  readonly role: "alone" | "primary" | "worker";
}

/** Everything of a gateway but its listeners. */
export interface Core {
  readonly file: string;
  readonly baseDir: string;
  /** The configuration that it was started with: listeners and state stay as they were then. */
  readonly config: Config;
  readonly log: ReturnType<typeof createLog>;
  readonly metrics: Metrics;
  readonly audit: AuditTrail;
  readonly overrides: Overrides;
  readonly flagActors: FlagActors;
  readonly keys: Keys;
  readonly live: LiveFeed;
  readonly tunnels: OpenTunnels;
  readonly reloads: Reloads;
  readonly gateway: Gateway;
  readonly adminToken: string | undefined;
  readiness(): { readonly ready: boolean; readonly reasons: string[] };
  /** From now on it is not ready, since it is about to end. */
  announceStop(): void;
  /** Lets go of everything, once the last exchange has ended. */
  close(): Promise<void>;
}

/**
 * Builds what decides and forwards, from a configuration file.
 *
 * @throws StartError whose message, and problems, are for the person at the terminal
 */
export async function openCore({ configFile, environment, logLevel, role }: CoreOptions): Promise<Core> {
  const file = resolve(configFile);
  const first = loadConfig({ file, environment });
  if (!first.ok) throw new StartError(`${configFile} has mistakes.`, { problems: first.problems });
  const { config } = first;
  const baseDir = dirname(file);
  const stateDir = isAbsolute(config.stateDir) ? config.stateDir : join(baseDir, config.stateDir);
  const adminToken = environment["FIGWAY_ADMIN_TOKEN"] || undefined;
  requireAdminToken(config, adminToken);

  const log = createLog({ level: logLevel, writers: role === "alone" ? "one" : "several" });
  const counted = createMetrics({ processMetrics: true });
  // What happens to all of them alike is counted and recorded once.
  const metrics = role === "worker" ? { ...counted, configLoaded: () => undefined } : counted;
  const audit =
    role === "worker" ? NO_TRAIL : createAuditTrail({ file: join(stateDir, "audit.jsonl"), log, nowMs: Date.now });
  const randomHex = createRandomHex();
  const overridesFile = join(stateDir, "overrides.json");
  const overrides = openOverrides(overridesFile);
  const tunnels = createTunnelRegistry();
  const live = createLiveFeed({ nowMs: Date.now });
  const clock = { nowMs: Date.now, monotonicMs: () => performance.now() };
  const flagActors = createFlagActors();
  const keys = await openKeys({ environment, stateDir, token: config.identity.token, log });
  const assembly: AssemblyServices = {
    baseDir,
    stateDir,
    environment,
    log,
    keyring: keys.keyring,
    flagActors,
    randomHex,
    identityDeps: { clock, log, handleKey: deriveHandleKey(config, stateDir), metrics: metrics.identity },
    tokenMinted: metrics.tokenMinted,
    reportForeignCookie(upstream, cookie) {
      metrics.count("session-cookie-set-by-modern");
      log.warn("an upstream tried to set a cookie that is not its own; it was dropped", { upstream, name: cookie });
    },
  };
  if (role !== "worker") for (const warning of first.warnings) log.warn("configuration", { ...warning });
  const reloads = await openReloads({ file, environment, first, assembly, audit, metrics, log });
  let isStopping = false;
  const readiness = () => readinessOf(reloads, isStopping);
  const gateway = createGateway({
    currentSnapshot: () => reloads.current().snapshot,
    overrideOf: overrides.get,
    publishedKeys: keys.published,
    readiness,
    continueTrace: (received) => continueTrace(received, randomHex),
    randomHex,
    monotonicMs: clock.monotonicMs,
    log,
    metrics,
    kindOf: createSettledKinds(metrics.requestsLike),
    tunnels,
    get live() {
      return live.publish;
    },
  });
  const overridesWatch = watchFile({ path: overridesFile, onChange: () => void overrides.reload() });
  // Another process may have written since the file was read; the watch tells of later changes only.
  if (role !== "alone") overrides.reload();
  return {
    file,
    baseDir,
    config,
    log,
    metrics,
    audit,
    overrides,
    flagActors,
    keys,
    live,
    tunnels,
    reloads,
    gateway,
    adminToken,
    readiness,
    announceStop() {
      isStopping = true;
    },
    async close() {
      overridesWatch.close();
      reloads.close();
      await reloads.closePieces();
      keys.close();
      if (role !== "worker") log.info("figway has stopped");
      log.close();
    },
  };
}

const NO_TRAIL: AuditTrail = { record: () => undefined, recent: () => [] };

function readinessOf(reloads: Reloads, isStopping: boolean): { ready: boolean; reasons: string[] } {
  const flags = reloads.current().pieces.flags.status();
  const reasons = flags.loaded ? [] : [`no flags were loaded yet: ${flags.detail}`];
  if (isStopping) reasons.push("figway is stopping");
  return { ready: reasons.length === 0, reasons };
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

function requireAdminToken(config: Config, token: string | undefined): void {
  if (LOOPBACK.has(config.admin.host) || token !== undefined) return;
  throw new StartError(
    `admin.host is ${config.admin.host}, which other machines can reach: set FIGWAY_ADMIN_TOKEN, or leave admin.host at 127.0.0.1.`,
  );
}

function openOverrides(file: string): Overrides {
  try {
    return createOverrides(file);
  } catch (error) {
    throw new StartError(describeError(error), { cause: error });
  }
}
