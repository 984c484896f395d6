import { once } from "node:events";
import { availableParallelism } from "node:os";
import { type Command, InvalidArgumentError } from "commander";
import type { Problem } from "../model/problem.ts";
import type { CliContext, GlobalOptions } from "./cli-context.ts";
import { CommandFailure } from "./command-failure.ts";
import { configFileOf } from "./config-file.ts";
import { problemText } from "./problem-text.ts";
import type { CommandHost } from "./run-cli.ts";

interface StartCommandOptions extends GlobalOptions {
  readonly workers?: number;
}

const EXAMPLES = `
Logs are JSON lines on standard output.
Examples:
  FIGWAY_CONFIG=/etc/figway/routes.json figway start
  figway start --workers auto                  a process for each core; FIGWAY_WORKERS says the same`;

export function addStartCommand(program: Command, { context, finish }: CommandHost): void {
  program
    .command("start")
    .description("run the gateway until SIGTERM or Ctrl-C")
    .option("--workers <number>", "how many processes serve, or auto (default: $FIGWAY_WORKERS, or 1)", parseWorkers)
    .addHelpText("after", EXAMPLES)
    .action(async (_options, command: Command) => finish(await runStart(command.optsWithGlobals(), context)));
}

async function runStart(options: StartCommandOptions, context: CliContext): Promise<number> {
  const stopAsked = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  const configFile = configFileOf(options, context);
  const workers = options.workers ?? workersOf(context.environment);
  const gateway = await context
    .start({ configFile, environment: context.environment, workers })
    .catch((error: unknown) => {
      throw startFailure(error, configFile, context);
    });
  const gaveUp = await Promise.race([
    stopAsked.then(() => undefined),
    ...(gateway.gaveUp === undefined ? [] : [gateway.gaveUp]),
  ]);
  const overdue = setTimeout(() => process.exit(1), gateway.stopWithinMs);
  overdue.unref();
  await gateway.stop();
  // A stray handle of a dependency must not keep a stopped gateway alive.
  setImmediate(() => process.exit());
  if (gaveUp !== undefined) throw new CommandFailure(gaveUp.message, { cause: gaveUp });
  return 0;
}

const MOST_WORKERS = 256;

function parseWorkers(text: string): number {
  if (text === "auto") return availableParallelism();
  const workers = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (workers < 1 || workers > MOST_WORKERS) {
    throw new InvalidArgumentError(`It must be a number from 1 to ${MOST_WORKERS}, or auto.`);
  }
  return workers;
}

function workersOf({ FIGWAY_WORKERS: text }: CliContext["environment"]): number {
  if (text === undefined || text === "") return 1;
  try {
    return parseWorkers(text);
  } catch (error) {
    throw new CommandFailure(`FIGWAY_WORKERS is "${text}". ${(error as Error).message}`, { cause: error });
  }
}

/** What a person can mend is told in words; a defect keeps its stack. */
function startFailure(error: unknown, configFile: string, { paint }: CliContext): unknown {
  if (!(error instanceof Error) || error.name !== "StartError") return error;
  const { problems = [] } = error as { problems?: readonly Problem[] };
  const told = problems.map((problem) => problemText({ ...problem, file: configFile }, paint));
  return new CommandFailure([error.message, ...told].join("\n"), { cause: error });
}
