import { openAdminListener } from "./admin-listener.ts";
import { type Core, openCore } from "./gateway-core.ts";
import { openPublicListener } from "./public-listener.ts";
import type { StartError } from "./start-error.ts";
import type { LogLevel } from "./telemetry/log.ts";

export interface StartOptions {
  /** The path of routes.json. */
  readonly configFile: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** Default: `info`. */
  readonly logLevel?: LogLevel;
  /** How many processes serve. Default: 1, this one alone. */
  readonly workers?: number;
}

export interface RunningGateway {
  readonly publicUrl: string;
  readonly adminUrl: string;
  /** The most time that `stop` takes, in milliseconds, as far as figway can promise. */
  readonly stopWithinMs: number;
  /** Resolves when it cannot go on although nobody stopped it; undefined: that cannot happen. */
  readonly gaveUp?: Promise<StartError>;
  /**
   * Says that it is not ready for more (for `listen.timeouts.drainDelayMs`), stops taking requests, finishes those in flight (bounded
   * by `listen.timeouts.drainTimeoutMs`), and lets go of everything.
   */
  stop(): Promise<void>;
}

/**
 * Builds a running gateway from a configuration file: with `openCore`, and with `startWorkers` for several processes, the only place
 * that constructs services.
 *
 * @throws StartError whose message, and problems, are for the person at the terminal
 */
export async function start(options: StartOptions): Promise<RunningGateway> {
  const { configFile, environment, logLevel = "info", workers = 1 } = options;
  if (workers > 1) {
    const { startWorkers } = await import("./start-workers.ts");
    return await startWorkers({ configFile, environment, logLevel, workers });
  }
  const core = await openCore({ configFile, environment, logLevel, role: "alone" });
  const listener = await openPublicListener(core).catch(closing(core));
  const admin = await openAdminListener(core, { publicUrl: () => listener.url }).catch(async (error: unknown) => {
    await listener.stop(0);
    return await closing(core)(error);
  });
  const { url: publicUrl } = listener;
  const { url: adminUrl } = admin;
  core.log.info("figway is ready to listen", { publicUrl, adminUrl, config: core.file, digest: digestOf(core) });
  return {
    publicUrl,
    adminUrl,
    get stopWithinMs() {
      return stopWithinMs(core);
    },
    async stop() {
      await listener.stop(drainDelayMs(core));
      admin.close();
      await core.close();
    },
  };
}

/** Lets go of what was opened before the error, and passes it on. */
export function closing(core: Core): (error: unknown) => Promise<never> {
  return async (error) => {
    await core.close();
    throw error;
  };
}

export function digestOf({ reloads }: Core): string {
  return reloads.current().snapshot.digest;
}

export function drainDelayMs({ reloads }: Core): number {
  return reloads.current().snapshot.config.listen.timeouts.drainDelayMs;
}

/** Beyond the drain itself: what is left to close answers within this time or not at all. */
const CLOSING_MS = 5_000;

export function stopWithinMs({ reloads }: Core): number {
  const { drainDelayMs: delayMs, drainTimeoutMs } = reloads.current().snapshot.config.listen.timeouts;
  return delayMs + drainTimeoutMs + CLOSING_MS;
}
