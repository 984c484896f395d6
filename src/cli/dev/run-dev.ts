import { dirname, join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { checkFiles } from "../check-files.ts";
import type { CliContext } from "../cli-context.ts";
import { CommandFailure } from "../command-failure.ts";
import { readDevEnvironment, writeDevEnvironment } from "../dev-environment.ts";
import { countText, problemText } from "../problem-text.ts";
import { banner } from "./banner.ts";
import { type ChildProcesses, createChildProcesses } from "./child-processes.ts";
import { devLogLine, type LogSource } from "./dev-log.ts";
import { type DevPlan, planDev } from "./dev-plan.ts";
import { watchForEnding } from "./ending.ts";
import { accepts, waitUntil } from "./ports.ts";
import { readableLogLine } from "./request-line.ts";
import { SESSION_STORE, startSessionStore } from "./session-store.ts";
import { packageRoot } from "./sibling.ts";
import { startUnleashIfWanted } from "./unleash.ts";

export interface DevOptions {
  readonly configFile: string;
  readonly unleash: boolean;
}

/** One run of the demo: what is to be started, and with what. */
interface DevRun {
  readonly options: DevOptions;
  readonly plan: DevPlan;
  readonly context: CliContext;
  readonly children: ChildProcesses;
}

const LOG_INTERVAL_MS = 120;
const READY_DEADLINE_MS = 20_000;

/** Runs the whole demo until it is told to stop, and returns the exit code. Nothing that it started outlives it. */
export async function runDev(options: DevOptions, context: CliContext): Promise<number> {
  const startedAt = performance.now();
  const plan = await planDev(options.configFile, context.environment);
  checkConfiguration(plan, context);
  const watch = watchForEnding(context.environment);
  const children = createChildProcesses(({ name, how }) =>
    watch.end({ exitCode: 1, sentence: `${name} ${how}; its last lines are above. Stopping everything.` }),
  );
  startAll({ options, plan, context, children }).then(
    (up) => context.writeOut(banner({ ...up, startedInMs: performance.now() - startedAt })),
    (error: unknown) => {
      const sentence = error instanceof CommandFailure ? error.message : String((error as Error).stack);
      watch.end({ exitCode: 1, sentence });
    },
  );
  const { exitCode, sentence } = await watch.ended;
  if (exitCode === 0) context.writeOut(`\n${sentence}\n`);
  else context.writeError(`figway: ${sentence}\n`);
  await children.stop({ first: "figway", last: SESSION_STORE });
  // What does not run any more must not be looked for; the secret stays, and with it the sessions in a Redis of one's own.
  // No two demos have the same port: with another one in it, the file is that of a demo beside this one.
  if (readDevEnvironment(options.configFile)["PORT"] === plan.variables["PORT"])
    writeDevEnvironment(options.configFile, { SESSION_SECRET: plan.sessionSecret });
  watch.release();
  return exitCode;
}

/** Ahead of everything else: nothing is started for a configuration that figway would refuse. */
function checkConfiguration({ configFile, variables }: DevPlan, { environment, paint, writeError }: CliContext): void {
  const sessionStore = { REDIS_URL: environment["REDIS_URL"] || "redis://127.0.0.1:6379" };
  const { problems } = checkFiles(configFile, { ...environment, ...variables, ...sessionStore });
  const errors = problems.filter(({ severity }) => severity === "error");
  if (errors.length === 0) return;
  for (const problem of errors) writeError(`${problemText(problem, paint)}\n`);
  throw new CommandFailure(`${configFile} has ${countText(errors)}; correct it and start again.`);
}

async function startAll(run: DevRun) {
  const { options, plan, context, children } = run;
  const environment = { ...context.environment, ...plan.variables };
  const unleash = await startUnleashIfWanted({
    wanted: options.unleash,
    configFile: options.configFile,
    environment,
    children,
    onLine: write(run, "unleash"),
  });
  const sessionStore = await startSessionStore({ environment, children, onLine: write(run, "sessions") });
  const variables = { ...plan.variables, ...unleash?.variables, REDIS_URL: sessionStore.url };
  writeDevEnvironment(options.configFile, variables);
  await startApplications(run, variables);
  await startFigway(run, variables);
  // figway writes its log ten times a second; what it says of its start should stand above the banner.
  await sleep(LOG_INTERVAL_MS);
  return {
    publicUrl: plan.publicUrl,
    adminUrl: plan.adminUrl,
    legacyUrl: plan.legacyUrl,
    modernUrl: plan.modernUrl,
    sessionStore,
    flags: unleash?.description ?? "flags.json: edit it, or use figway flag; read again at once",
    nodeVersion: process.versions.node,
    paint: context.paint,
  };
}

/** Both at once; they do not need each other, nor figway, in order to start. */
async function startApplications(run: DevRun, variables: Readonly<Record<string, string>>): Promise<void> {
  const { plan } = run;
  const stateDirectory = join(dirname(resolve(plan.configFile)), ".figway");
  const environment = {
    ...run.context.environment,
    ...variables,
    // Some shells set HOST to the machine's name; the demo stays on the loopback.
    HOST: "127.0.0.1",
    // The one database of the shop, so that an order placed on modern is there after a rollback.
    ORDERS_DIRECTORY: join(stateDirectory, "orders"),
    FIGWAY_JWKS_URL: `${plan.publicUrl}/.figway/jwks.json`,
  };
  await Promise.all([
    startAndWait(run, {
      source: "legacy",
      name: "legacy-app",
      args: [plan.legacyEntry],
      url: plan.legacyUrl,
      environment,
    }),
    startAndWait(run, {
      source: "modern",
      name: "modern-app",
      args: [plan.modernEntry],
      url: plan.modernUrl,
      environment,
    }),
  ]);
}

async function startFigway(run: DevRun, variables: Readonly<Record<string, string>>): Promise<void> {
  const { plan, context } = run;
  const args = [join(packageRoot, "bin/figway"), "start", "--config", plan.configFile];
  const environment = { ...context.environment, ...variables };
  await startAndWait(run, { source: "figway", name: "figway", args, url: plan.publicUrl, environment });
  const isReady = () =>
    fetch(`${plan.adminUrl}/readyz`).then(
      ({ ok }) => ok,
      () => false,
    );
  if (!(await waitUntil(isReady, { deadlineMs: READY_DEADLINE_MS, isHopeless: () => false }))) {
    throw new CommandFailure(
      `figway did not become ready within ${READY_DEADLINE_MS / 1000} s; ${plan.adminUrl}/readyz says why.`,
    );
  }
}

interface WaitedChild {
  readonly source: LogSource;
  readonly name: string;
  readonly args: readonly string[];
  readonly url: string;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
}

/** Starts a child on this Node and waits until it accepts connections. A child that ends meanwhile is reported by its end. */
async function startAndWait(run: DevRun, { source, name, args, url, environment }: WaitedChild): Promise<void> {
  const child = run.children.start({ name, command: process.execPath, args, environment, onLine: write(run, source) });
  const { hostname, port } = new URL(url);
  const isUp = await waitUntil(() => accepts(hostname, Number(port)), {
    deadlineMs: READY_DEADLINE_MS,
    isHopeless: child.hasEnded,
  });
  if (!isUp) throw new CommandFailure(`${name} did not listen on ${url} within ${READY_DEADLINE_MS / 1000} s.`);
}

function write({ context }: DevRun, source: LogSource): (line: string) => void {
  return (line) =>
    context.writeOut(
      devLogLine(source, source === "figway" ? readableLogLine(line, context.paint) : line, context.paint),
    );
}
