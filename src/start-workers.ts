import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import type { AdminServices } from "./admin/admin-services.ts";
import { openAdminListener } from "./admin-listener.ts";
import { type Core, openCore } from "./gateway-core.ts";
import { countForWorkers } from "./limits/count-for-workers.ts";
import type { Problem } from "./model/problem.ts";
import { closing, digestOf, drainDelayMs, type RunningGateway, type StartOptions, stopWithinMs } from "./start.ts";
import { StartError } from "./start-error.ts";
import type { LiveFeed } from "./telemetry/live-feed.ts";
import { sumUpstreams } from "./workers/sum-upstreams.ts";
import { type SummedMetrics, sumMetrics } from "./workers/sum-metrics.ts";
import { WorkerPool, WorkerStartError } from "./workers/worker-pool.ts";
import type { EndedWorker } from "./workers/worker-place.ts";

/**
 * A primary that holds the port, the admin listener and the records, and N workers that do the work. A change made through the admin
 * API is in force in all of them before it is answered.
 */
export async function startWorkers(options: Required<StartOptions>): Promise<RunningGateway> {
  const { configFile, environment, logLevel, workers } = options;
  const core = await openCore({ configFile, environment, logLevel, role: "primary" });
  const { log } = core;
  countForWorkers();
  const pool = new WorkerPool({
    count: workers,
    program: fileURLToPath(new URL(`./worker-process${extname(import.meta.filename)}`, import.meta.url)),
    args: [core.file, logLevel],
    environment,
    onLive: (events) => {
      for (const event of events) core.live.publish?.(event);
    },
    onEnded(ended) {
      metrics.workerEnded(ended.workerId);
      reportEnd(core, ended);
    },
  });
  const metrics: SummedMetrics = sumMetrics({
    own: core.metrics.registry,
    ask: () => pool.askAll<"metrics">({ about: "metrics" }),
    nowMs: () => performance.now(),
  });
  const stopPool = (afterMs: number): Promise<void> => pool.stop({ afterMs, deadlineMs: stopWithinMs(core) });
  const failed = async (error: unknown): Promise<never> => {
    await stopPool(0);
    return await closing(core)(asStartError(error));
  };
  await pool.start().catch(failed);
  const admin = await openAdminListener(core, {
    publicUrl: () => pool.url,
    parts: {
      metrics: { ...core.metrics, registry: metrics },
      live: liveOfAll(core.live, pool),
      readiness: () => pool.readiness(),
    },
    extend: (services) => forAllWorkers(services, core, pool),
  }).catch(failed);
  log.info("figway is ready to listen", {
    publicUrl: pool.url,
    adminUrl: admin.url,
    config: core.file,
    digest: digestOf(core),
    workers,
  });
  return {
    publicUrl: pool.url,
    adminUrl: admin.url,
    get stopWithinMs() {
      return stopWithinMs(core) + 1_000;
    },
    gaveUp: pool.gaveUp.then((sentence) => new StartError(sentence)),
    async stop() {
      core.announceStop();
      await stopPool(drainDelayMs(core));
      admin.close();
      await core.close();
    },
  };
}

function forAllWorkers(services: AdminServices, { reloads, keys }: Core, pool: WorkerPool): AdminServices {
  return {
    ...services,
    async status() {
      const answers = [...(await pool.askAll<"status">({ about: "status" })).values()];
      const own = await services.status();
      const identity = answers.find((answer) => !answer.identity.ok)?.identity ?? own["identity"];
      const upstreams = sumUpstreams(answers.map((answer) => answer.upstreams));
      return JSON.parse(JSON.stringify({ ...own, identity, upstreams, workers: pool.list() })) as typeof own;
    },
    async setFlag(change) {
      const changed = await services.setFlag(change);
      const { revision } = reloads.current().pieces.flags.status();
      await pool.askAll<"flags">({ about: "flags", revision });
      return changed;
    },
    async setOverride(change) {
      await services.setOverride(change);
      await pool.askAll<"overrides">({ about: "overrides" });
    },
    async clearOverride(routeId, author) {
      const cleared = await services.clearOverride(routeId, author);
      await pool.askAll<"overrides">({ about: "overrides" });
      return cleared;
    },
    async rotateKeys(change) {
      const rotated = await services.rotateKeys(change);
      await keys.keyring.reload();
      await pool.askAll<"keys">({ about: "keys" });
      return rotated;
    },
  };
}

/** The workers send their exchanges only while somebody watches. */
function liveOfAll(live: LiveFeed, pool: WorkerPool): LiveFeed {
  return {
    get publish() {
      return live.publish;
    },
    get readerCount() {
      return live.readerCount;
    },
    subscribe(reader) {
      const end = live.subscribe(reader);
      pool.watch(true);
      return () => {
        end();
        if (live.readerCount === 0) pool.watch(false);
      };
    },
  };
}

function reportEnd({ log, metrics }: Core, { place, pid, how, livedMs, next }: EndedWorker): void {
  if (next === undefined) return;
  metrics.count("worker-ended");
  const what = next.kind === "restart" ? "a worker ended and is replaced" : "a worker ended and is not replaced";
  log.error(what, { worker: place, pid, how, livedMs, ...(next.kind === "restart" ? { inMs: next.afterMs } : {}) });
}

function asStartError(error: unknown): unknown {
  if (!(error instanceof WorkerStartError)) return error;
  return new StartError(error.message, { problems: error.problems as readonly Problem[], cause: error });
}
