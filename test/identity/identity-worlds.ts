import { Redis } from "ioredis";
import { type SessionConfig, sessionSchema } from "../../src/config/schema/identity.ts";
import type { IdentityDeps, IdentityMetrics } from "../../src/identity/identity-deps.ts";
import { createExpressSessionResolver } from "../../src/identity/resolvers/express-session-resolver.ts";
import { createWhoamiResolver } from "../../src/identity/resolvers/whoami-resolver.ts";
import type { IdentityResolver, SessionLife } from "../../src/model/identity.ts";
import type { IdentityWorld } from "../contracts/identity-resolver.contract.ts";
import { type FaultProxy, startFaultProxy } from "../doubles/fault-proxy.ts";
import {
  APP_SECRET,
  AppBrowser,
  type SessionApp,
  type SessionAppOptions,
  startSessionApp,
} from "../doubles/session-app.ts";
import { type RedisKind, startRedis, type TestRedis } from "../doubles/start-redis.ts";

/** What js-redis-server must be told so that it reports changes: it has no CLIENT TRACKING. */
export const KEYSPACE_EVENTS = "Kg$xe";

export interface Counts {
  cacheHits: number;
  reads: number;
  badSignatures: number;
  conflicts: number;
  resurrected: number;
  touched: number;
}

export interface TestDeps extends IdentityDeps {
  readonly counts: Counts;
  readonly logged: string[];
  /** Added to both clocks. */
  advanceMs: number;
}

export function testDeps(): TestDeps {
  const counts: Counts = { cacheHits: 0, reads: 0, badSignatures: 0, conflicts: 0, resurrected: 0, touched: 0 };
  const metrics: IdentityMetrics = {
    cacheHit: () => void counts.cacheHits++,
    read: () => void counts.reads++,
    badSignature: () => void counts.badSignatures++,
    conflictingCookies: () => void counts.conflicts++,
    resurrected: () => void counts.resurrected++,
    touched: () => void counts.touched++,
  };
  const logged: string[] = [];
  const log = { info: (line: string) => void logged.push(line), warn: (line: string) => void logged.push(line) };
  const deps: TestDeps = {
    counts,
    logged,
    log,
    metrics,
    advanceMs: 0,
    handleKey: Buffer.from("a key of figway's own, 32 octets"),
    clock: { nowMs: () => Date.now() + deps.advanceMs, monotonicMs: () => performance.now() + deps.advanceMs },
  };
  return deps;
}

/** A config as routes.json would give it, with its defaults. */
export function configOf<K extends SessionConfig["kind"]>(input: { kind: K } & Record<string, unknown>) {
  return sessionSchema.parse(input) as Extract<SessionConfig, { kind: K }>;
}

export interface SessionWorld extends IdentityWorld {
  readonly resolver: IdentityResolver & { sessions: SessionLife };
  readonly app: SessionApp;
  readonly redisServer: TestRedis;
  /** A client past the proxy, for looking and meddling. */
  readonly redis: Redis;
  readonly proxy: FaultProxy;
  readonly deps: TestDeps;
}

export interface SessionWorldOptions extends Partial<Omit<SessionAppOptions, "redisUrl">> {
  readonly redis: RedisKind;
  readonly config?: Record<string, unknown>;
}

/** express-session's own application on a Redis, and the resolver that reads it through a proxy that can misbehave. */
export async function openSessionWorld(options: SessionWorldOptions): Promise<SessionWorld> {
  const redisServer = await startRedis(options.redis);
  const redis = new Redis(redisServer.url);
  redis.on("error", () => undefined);
  if (options.redis === "embedded") await redis.config("SET", "notify-keyspace-events", KEYSPACE_EVENTS);
  const app = await startSessionApp({ ...options, redisUrl: redisServer.url });
  const proxy = await startFaultProxy(redisServer.port);
  const deps = testDeps();
  const config = configOf({
    kind: "express-session",
    secrets: [APP_SECRET],
    store: `redis://127.0.0.1:${proxy.port}`,
    subject: "/user/id",
    claims: { name: "/user/name", roles: "/user/roles" },
    ...options.config,
  });
  const resolver = createExpressSessionResolver({ ...deps, config, clock: deps.clock });
  return {
    resolver,
    app,
    redisServer,
    redis,
    proxy,
    deps,
    ...faultsOf(proxy),
    openBrowser: () => new AppBrowser(app),
    reads: () => deps.counts.reads,
    async close() {
      await resolver.close();
      await proxy.close();
      await app.close();
      redis.disconnect();
      await redisServer.stop();
    },
  };
}

/** The same application, asked over HTTP who a cookie belongs to. */
export async function openWhoamiWorld(config: Record<string, unknown> = {}): Promise<IdentityWorld> {
  const redisServer = await startRedis("embedded");
  const app = await startSessionApp({ redisUrl: redisServer.url });
  const proxy = await startFaultProxy(app.port);
  const deps = testDeps();
  const resolver = createWhoamiResolver({
    ...deps,
    config: configOf({
      kind: "whoami",
      url: `http://127.0.0.1:${proxy.port}/me`,
      cookies: ["connect.sid"],
      subject: "/user/id",
      claims: { name: "/user/name", roles: "/user/roles" },
      timeoutMs: 1_000,
      failuresToPause: 2,
      pauseMs: 200,
      ...config,
    }),
  });
  return {
    resolver,
    ...faultsOf(proxy),
    openBrowser: () => new AppBrowser(app),
    reads: () => deps.counts.reads,
    async close() {
      await resolver.close();
      await proxy.close();
      await app.close();
      await redisServer.stop();
    },
  };
}

function faultsOf(proxy: FaultProxy): Pick<IdentityWorld, "breakStore" | "mendStore"> {
  return {
    async breakStore(how) {
      if (how === "refused") await proxy.refuse();
      else proxy.blackhole();
    },
    mendStore: () => proxy.mend(),
  };
}
