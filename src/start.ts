import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { dirname, isAbsolute, join, resolve } from "node:path";
import { performance } from "node:perf_hooks";
import { createAdminApp } from "./admin/create-admin-app.ts";
import { adminServicesOf } from "./admin-services-of.ts";
import type { Assembled, AssemblyServices } from "./assemble-snapshot.ts";
import { followCertificate, readCertificate } from "./certificate.ts";
import { loadConfig } from "./config/load-config.ts";
import type { Config } from "./config/schema.ts";
import { watchFile } from "./config/watch-file.ts";
import { deriveHandleKey } from "./derive-handle-key.ts";
import { createFlagActors } from "./flag-actors.ts";
import { openKeys } from "./open-keys.ts";
import { createGateway } from "./pipeline/handle-request.ts";
import { openReloads } from "./reload-config.ts";
import { createOverrides, type Overrides } from "./rollout/overrides.ts";
import { StartError } from "./start-error.ts";
import { createAuditTrail } from "./telemetry/audit.ts";
import { createLiveFeed } from "./telemetry/live-feed.ts";
import { createLog, describeError, type LogLevel } from "./telemetry/log.ts";
import { createMetrics } from "./telemetry/metrics.ts";
import { continueTrace, createRandomHex } from "./telemetry/trace-context.ts";
import { createTrafficSeries } from "./telemetry/traffic-series.ts";
import { createListener } from "./transport/inbound/create-listener.ts";
import { createTunnelRegistry } from "./tunnel-registry.ts";

export interface StartOptions {
  /** The path of routes.json. */
  readonly configFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Default: `info`. */
  readonly logLevel?: LogLevel;
}

export interface RunningGateway {
  readonly publicUrl: string;
  readonly adminUrl: string;
  /** Stops taking requests, finishes those in flight (bounded by `listen.timeouts.drainTimeoutMs`), and lets go of everything. */
  stop(): Promise<void>;
}

/**
 * Builds a running gateway from a configuration file: the only place that constructs services.
 *
 * @throws StartError whose message, and problems, are for the person at the terminal
 */
export async function start({ configFile, environment, logLevel = "info" }: StartOptions): Promise<RunningGateway> {
  const file = resolve(configFile);
  const first = loadConfig({ file, environment });
  if (!first.ok) throw new StartError(`${configFile} has mistakes.`, { problems: first.problems });
  const { config } = first;
  const baseDir = dirname(file);
  const stateDir = isAbsolute(config.stateDir) ? config.stateDir : join(baseDir, config.stateDir);
  const adminToken = environment["FIGWAY_ADMIN_TOKEN"] || undefined;
  requireAdminToken(config, adminToken);

  const log = createLog({ level: logLevel });
  const metrics = createMetrics({ processMetrics: true });
  const audit = createAuditTrail({ file: join(stateDir, "audit.jsonl"), log, nowMs: Date.now });
  const randomHex = createRandomHex();
  const overrides = openOverrides(join(stateDir, "overrides.json"));
  const tunnels = createTunnelRegistry();
  const live = createLiveFeed({ nowMs: Date.now });
  const traffic = createTrafficSeries({
    registry: metrics.registry,
    nowMs: Date.now,
    onProblem: (error) => log.warn("the counters could not be read", { cause: describeError(error) }),
  });
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
  for (const warning of first.warnings) log.warn("configuration", { ...warning });
  const reloads = await openReloads({ file, environment, first, assembly, audit, metrics, log });
  const readiness = () => readinessOf(reloads.current());
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
    tunnels,
    get live() {
      return live.publish;
    },
  });
  const { limits, timeouts, tls } = config.listen;
  const listener = createListener({
    limits,
    timeouts,
    tls: tls === undefined ? undefined : readCertificate(tls, baseDir),
    http2: tls?.http2 === true,
    onRequest: (request, response) => void gateway.handleRequest(request, response),
    onUpgrade: (request, socket, head) => void gateway.handleUpgrade(request, socket, head),
    onProtocolFailure: metrics.requestRefused,
  });
  const addresses = (): { public: string; admin: string } => ({
    public: urlOf(listener.server, tls === undefined ? "http" : "https"),
    admin: urlOf(admin, "http"),
  });
  const parts = { file, reloads, overrides, flagActors, audit, metrics, log, live, keys, readiness, adminToken };
  const admin: Server = createServer(createAdminApp(adminServicesOf({ ...parts, addresses, traffic: traffic.read })));
  const certificateWatch =
    tls === undefined ? undefined : followCertificate({ tls, baseDir, log, replace: listener.replaceCertificate });
  const overridesWatch = watchFile({ path: join(stateDir, "overrides.json"), onChange: () => void overrides.reload() });

  try {
    await listen(listener.server, config.listen, "PORT");
    await listen(admin, config.admin, "ADMIN_PORT");
  } catch (error) {
    await stop();
    throw error;
  }
  const { public: publicUrl, admin: adminUrl } = addresses();
  log.info("figway is ready to listen", { publicUrl, adminUrl, config: file, digest: first.digest });
  return { publicUrl, adminUrl, stop };

  async function stop(): Promise<void> {
    overridesWatch.close();
    certificateWatch?.close();
    traffic.close();
    reloads.close();
    tunnels.closeAll();
    await listener.drain(reloads.current().snapshot.config.listen.timeouts.drainTimeoutMs);
    admin.closeAllConnections();
    admin.close();
    await reloads.closePieces();
    keys.close();
    log.info("figway has stopped");
    log.close();
  }
}

function readinessOf({ pieces }: Assembled): { ready: boolean; reasons: string[] } {
  const flags = pieces.flags.status();
  const reasons = flags.loaded ? [] : [`no flags were loaded yet: ${flags.detail}`];
  return { ready: reasons.length === 0, reasons };
}

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

function requireAdminToken(config: Config, token: string | undefined): void {
  if (LOOPBACK.has(config.admin.host) || token !== undefined) return;
  throw new StartError(
    `admin.host is ${config.admin.host}, which other machines can reach: set FIGWAY_ADMIN_TOKEN, or leave admin.host at 127.0.0.1.`,
  );
}

async function listen(server: Server, { host, port }: { host: string; port: number }, variable: string): Promise<void> {
  server.listen({ host, port });
  try {
    await once(server, "listening");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new StartError(
        `Port ${port} is in use: stop what listens there, or choose another one with ${variable}=… .`,
        { cause: error },
      );
    }
    if (code === "EACCES")
      throw new StartError(`Port ${port} needs more rights: choose one above 1023 with ${variable}=… .`, {
        cause: error,
      });
    throw new StartError(`figway cannot listen on ${host}:${port}: ${describeError(error)}`, { cause: error });
  }
}

function urlOf(server: Server, scheme: string): string {
  const { address, port, family } = server.address() as AddressInfo;
  return `${scheme}://${family === "IPv6" ? `[${address}]` : address}:${port}`;
}

function openOverrides(file: string): Overrides {
  try {
    return createOverrides(file);
  } catch (error) {
    throw new StartError(describeError(error), { cause: error });
  }
}
