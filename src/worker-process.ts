/** The program of a worker: a gateway without an admin listener, at the line of its primary. Started by `WorkerPool` alone. */
import { type Core, openCore } from "./gateway-core.ts";
import type { Problem } from "./model/problem.ts";
import { openPublicListener } from "./public-listener.ts";
import { closing } from "./start.ts";
import type { LogLevel } from "./telemetry/log.ts";
import type { Answers, Question } from "./workers/messages.ts";
import { linkToPrimary, tellPrimary } from "./workers/worker-link.ts";

/** How long a worker looks for a revision of the flags, in milliseconds. */
const FLAGS_WITHIN_MS = 900;
const FLAGS_AGAIN_MS = 50;

const [configFile = "", logLevel = "info"] = process.argv.slice(2);

// A terminal's Ctrl-C, and some service managers, reach the whole group: when the workers end is for the primary to say.
process.on("SIGINT", () => undefined);
process.on("SIGTERM", () => undefined);

try {
  await run();
} catch (error) {
  const { message, problems = [] } = error as Error & { problems?: readonly Problem[] };
  tellPrimary({ figway: "failed", message, problems }, () => process.exit(1));
}

async function run(): Promise<void> {
  const environment = process.env;
  const core = await openCore({ configFile, environment, logLevel: logLevel as LogLevel, role: "worker" });
  const share = Number(environment["FIGWAY_WORKER_COUNT"]);
  const listener = await openPublicListener(core, share).catch(closing(core));
  const link = linkToPrimary({
    live: core.live,
    readiness: core.readiness,
    answer: (question) => answer(core, question),
    async stop(afterMs) {
      await listener.stop(afterMs);
      link.close();
      await core.close();
      process.exit();
    },
  });
  tellPrimary({ figway: "listening", url: listener.url });
}

async function answer(core: Core, question: Question): Promise<Answers[Question["about"]]> {
  switch (question.about) {
    case "metrics":
      return await core.metrics.registry.getMetricsAsJSON();
    case "status": {
      const { snapshot, pieces } = core.reloads.current();
      const upstreams = [...pieces.upstreams.values()].map((upstream) => upstream.status());
      return { digest: snapshot.digest, identity: pieces.resolver.health(), upstreams };
    }
    case "overrides":
      core.overrides.reload();
      return true;
    case "keys":
      await core.keys.keyring.reload();
      return true;
    case "flags":
      await takeFlags(core, question.revision);
      return true;
  }
}

async function takeFlags({ reloads }: Core, revision: string | undefined): Promise<void> {
  const deadline = performance.now() + FLAGS_WITHIN_MS;
  const { flags } = reloads.current().pieces;
  for (;;) {
    await flags.refresh();
    if (flags.status().revision === revision || performance.now() > deadline) return;
    await new Promise((wake) => setTimeout(wake, FLAGS_AGAIN_MS));
  }
}
