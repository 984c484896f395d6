import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SessionOptions } from "express-session";
import { Redis } from "ioredis";
import { type RunningGateway, start } from "../../../../src/start.ts";
import { type FaultProxy, startFaultProxy } from "../../../doubles/fault-proxy.ts";
import { freePort } from "../../../doubles/free-port.ts";
import { type RedisKind, startRedis, type TestRedis } from "../../../doubles/start-redis.ts";
import { until } from "../../../doubles/until.ts";
import { type Legacy, startLegacy } from "./legacy.ts";
import { type Modern, startModern } from "./modern.ts";

export const SECRETS = ["the secret that signs", "the former secret"] as const;

/** A monolith on a real Redis, a token service, and figway between them and the world; what figway hears of Redis can be spoilt. */
export interface Rig {
  readonly port: number;
  readonly adminUrl: string;
  readonly directory: string;
  readonly legacy: Legacy;
  readonly modern: Modern;
  readonly redis: TestRedis;
  /** Asks the same Redis past figway. */
  readonly store: Redis;
  /** figway's way to Redis. */
  readonly storeFaults: FaultProxy;
  readonly gateway: RunningGateway;
  flip(flag: string, value: boolean | { percent: number }): Promise<void>;
  /** Writes routes.json anew and waits until figway took it. */
  reconfigure(change: (config: RigConfig) => void): Promise<void>;
  restartGateway(): Promise<void>;
  stop(): Promise<void>;
}

export interface RigConfig {
  [member: string]: unknown;
  upstreams: Record<string, Record<string, unknown>>;
  identity: { session: Record<string, unknown>; token: Record<string, unknown> };
  access: Record<string, unknown>;
  routes: Record<string, unknown>[];
}

export interface RigOptions {
  /** Default: `real`. */
  readonly redis?: RedisKind;
  readonly session?: Partial<SessionOptions>;
  readonly secrets?: readonly string[];
  readonly configure?: (config: RigConfig) => void;
}

export async function startRig(options: RigOptions = {}): Promise<Rig> {
  const directory = mkdtempSync(join(tmpdir(), "figway-traps-"));
  const redis = await startRedis(options.redis ?? "real");
  const storeFaults = await startFaultProxy(redis.port);
  const { session = {}, secrets = SECRETS } = options;
  const legacy = await startLegacy({ redisUrl: redis.url, secrets, session });
  const modern = await startModern();
  const store = new Redis(redis.url);
  store.on("error", () => undefined);
  const [port, adminPort] = [await freePort(), await freePort()];
  const file = join(directory, "routes.json");
  const config = configOf({ legacy: legacy.url, modern: modern.url, store: `redis://127.0.0.1:${storeFaults.port}` });
  options.configure?.(config);
  writeFileSync(file, JSON.stringify(config));
  const flags = ["me", "split", "events", "ws"].map((name) => [`${name}-modern`, false]);
  writeFileSync(join(directory, "flags.json"), JSON.stringify(Object.fromEntries(flags)));
  const environment = { PORT: String(port), ADMIN_PORT: String(adminPort), SECRET_A: SECRETS[0], SECRET_B: SECRETS[1] };
  const startGateway = () => start({ configFile: file, environment, logLevel: "silent" });
  let gateway = await startGateway();
  const configStatus = async () => {
    const status = (await (await fetch(`${gateway.adminUrl}/api/status`)).json()) as { config: ConfigStatus };
    if (status.config.lastReloadProblems.length > 0) throw new Error(JSON.stringify(status.config.lastReloadProblems));
    return status.config.digest;
  };
  return {
    port,
    adminUrl: gateway.adminUrl,
    directory,
    legacy,
    modern,
    redis,
    store,
    storeFaults,
    get gateway() {
      return gateway;
    },
    async flip(flag, value) {
      const answer = await fetch(`${gateway.adminUrl}/api/flags/${flag}`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ value, actor: "test" }),
      });
      if (!answer.ok) throw new Error(`the flip failed: ${await answer.text()}`);
    },
    async reconfigure(change) {
      const next = JSON.parse(readFileSync(file, "utf8")) as RigConfig;
      change(next);
      const before = await configStatus();
      writeFileSync(file, JSON.stringify(next));
      await until("the new configuration is in force", async () => (await configStatus()) !== before);
    },
    async restartGateway() {
      await gateway.stop();
      gateway = await startGateway();
    },
    async stop() {
      legacy.release();
      await gateway.stop();
      await Promise.all([legacy.close(), modern.close()]);
      store.disconnect();
      await storeFaults.close();
      await redis.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

interface ConfigStatus {
  readonly digest: string;
  readonly lastReloadProblems: readonly object[];
}

function configOf(urls: { legacy: string; modern: string; store: string }): RigConfig {
  return {
    upstreams: { legacy: { url: urls.legacy }, modern: { url: urls.modern, audience: "shop" } },
    identity: {
      session: {
        kind: "express-session",
        secrets: ["${SECRET_A}", "${SECRET_B}"],
        store: urls.store,
        subject: "/user/id",
        claims: { name: "/user/name", roles: "/user/roles" },
        authenticated: { pointer: "/loggedIn", equals: true },
      },
      token: {},
    },
    listen: { timeouts: { drainTimeoutMs: 200 } },
    access: { loginPath: "/login", trustedOrigins: ["https://partner.example"] },
    flags: { source: "file", file: "flags.json" },
    routes: [
      { id: "me", path: "/me", flag: "me-modern" },
      { id: "split", path: "/split/*", flag: "split-modern" },
      { id: "shared", path: "/shared/*", flag: "split-modern", caching: "as-upstream" },
      { id: "events", path: "/events", flag: "events-modern" },
      { id: "ws", path: "/ws", flag: "ws-modern" },
      { id: "modern", path: "/m/*", to: "modern" },
      { id: "private", path: "/private/*", to: "modern", auth: "required" },
      { id: "admin", path: "/admin/*", to: "modern", roles: ["admin"] },
      { id: "open", path: "/open/*", to: "modern", auth: "none" },
      { id: "partner", path: "/partner/*", to: "modern", passClientAuthorization: true },
      { id: "unsafe", path: "/unsafe/*", to: "modern", acceptCrossSiteRequests: true },
      { id: "rest", path: "/*", to: "legacy" },
    ],
  };
}
