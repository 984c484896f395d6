import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { startLegacyApp } from "../../legacy-app/server.ts";
import { startModernApp } from "../../modern-app/server.ts";
import { type RunningGateway, start } from "../../src/start.ts";
import { demoFlags } from "./demo-flags.ts";
import { freePort } from "./free-port.ts";
import { type RedisKind, startRedis, type TestRedis } from "./start-redis.ts";

/** The whole demo in one process, over real sockets: session store, monolith, token service, and figway in front. */
export interface Shop {
  readonly url: string;
  readonly adminUrl: string;
  readonly legacyUrl: string;
  readonly modernUrl: string;
  readonly redis: TestRedis;
  readonly directory: string;
  readonly gateway: RunningGateway;
  /** What modern complained of: a cookie that arrived, above all. */
  readonly complaints: readonly string[];
  readonly openStreams: () => { readonly events: number; readonly sockets: number };
  /** Writes flags.json as a person would. */
  writeFlags(flags: Record<string, unknown>): void;
  /** Flips a flag through the admin API, as `figway flag` does. */
  flip(flag: string, value: boolean | { percent: number }): Promise<void>;
  restartGateway(): Promise<void>;
  stop(): Promise<void>;
}

export interface ShopOptions {
  readonly redis?: RedisKind;
  /** Changes the demo's routes.json before figway starts. */
  readonly configure?: (config: Record<string, unknown>) => void;
  readonly environment?: Record<string, string>;
}

export const SESSION_SECRET = "a secret of the tests";
const REPOSITORY = resolve(import.meta.dirname, "../..");

export async function startShop(options: ShopOptions = {}): Promise<Shop> {
  const directory = mkdtempSync(join(tmpdir(), "figway-shop-"));
  const redis = await startRedis(options.redis ?? "embedded");
  const complaints: string[] = [];
  const legacy = await startLegacyApp({ redisUrl: redis.url, sessionSecret: SESSION_SECRET, tickMs: 100 });
  const [port, adminPort] = [await freePort(), await freePort()];
  const modern = await startModernApp({
    jwksUrl: `http://127.0.0.1:${port}/.figway/jwks.json`,
    tickMs: 100,
    warn: (line) => complaints.push(line),
  });
  const config = JSON.parse(readFileSync(join(REPOSITORY, "routes.json"), "utf8")) as Record<string, unknown>;
  options.configure?.(config);
  writeFileSync(join(directory, "routes.json"), JSON.stringify(config));
  writeFileSync(join(directory, "flags.json"), demoFlags());
  const environment = {
    PORT: String(port),
    ADMIN_PORT: String(adminPort),
    REDIS_URL: redis.url,
    SESSION_SECRET,
    LEGACY_URL: legacy.url,
    MODERN_URL: modern.url,
    ...options.environment,
  };
  const startGateway = () => start({ configFile: join(directory, "routes.json"), environment, logLevel: "silent" });
  let gateway = await startGateway();
  return {
    url: gateway.publicUrl,
    adminUrl: gateway.adminUrl,
    legacyUrl: legacy.url,
    modernUrl: modern.url,
    redis,
    directory,
    get gateway() {
      return gateway;
    },
    complaints,
    openStreams: legacy.openStreams,
    writeFlags: (flags) => writeFileSync(join(directory, "flags.json"), JSON.stringify(flags)),
    async flip(flag, value) {
      const answer = await fetch(`${gateway.adminUrl}/api/flags/${flag}`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ value, actor: "test" }),
      });
      if (!answer.ok) throw new Error(`the flip failed: ${await answer.text()}`);
    },
    async restartGateway() {
      await gateway.stop();
      gateway = await startGateway();
    },
    async stop() {
      await gateway.stop();
      await Promise.all([legacy.close(), modern.close()]);
      await redis.stop();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** Polls until the check holds; fails with its last error when it does not within the time. */
export async function eventually<T>(check: () => T | Promise<T>, withinMs = 5_000): Promise<T> {
  const deadline = performance.now() + withinMs;
  for (;;) {
    try {
      return await check();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((wake) => setTimeout(wake, 20));
    }
  }
}
