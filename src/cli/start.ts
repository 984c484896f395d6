import { once } from "node:events";
import type { Command } from "commander";
import type { Problem } from "../model/problem.ts";
import type { CliContext, GlobalOptions } from "./cli-context.ts";
import { CommandFailure } from "./command-failure.ts";
import { configFileOf } from "./config-file.ts";
import { problemText } from "./problem-text.ts";
import type { CommandHost } from "./run-cli.ts";

/** How long requests in flight may take to end before the process goes anyway; the gateway's own deadline is shorter. */
const STOP_DEADLINE_MS = 30_000;

export function addStartCommand(program: Command, { context, finish }: CommandHost): void {
  program
    .command("start")
    .description("run the gateway until SIGTERM or Ctrl-C")
    .addHelpText(
      "after",
      "\nLogs are JSON lines on standard output.\nExample:\n  FIGWAY_CONFIG=/etc/figway/routes.json figway start",
    )
    .action(async (_options, command: Command) => finish(await runStart(command.optsWithGlobals(), context)));
}

async function runStart(options: GlobalOptions, context: CliContext): Promise<number> {
  const stopAsked = Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
  const configFile = configFileOf(options, context);
  const gateway = await context.start({ configFile, environment: context.environment }).catch((error: unknown) => {
    throw startFailure(error, configFile, context);
  });
  await stopAsked;
  const overdue = setTimeout(() => process.exit(1), STOP_DEADLINE_MS);
  overdue.unref();
  await gateway.stop();
  // A stray handle of a dependency must not keep a stopped gateway alive.
  setImmediate(() => process.exit());
  return 0;
}

/** What a person can mend is told in words; a defect keeps its stack. */
function startFailure(error: unknown, configFile: string, { paint }: CliContext): unknown {
  if (!(error instanceof Error) || error.name !== "StartError") return error;
  const { problems = [] } = error as { problems?: readonly Problem[] };
  const told = problems.map((problem) => problemText({ ...problem, file: configFile }, paint));
  return new CommandFailure([error.message, ...told].join("\n"), { cause: error });
}
