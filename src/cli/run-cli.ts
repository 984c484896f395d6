import { Command, CommanderError } from "commander";
import { addCheckCommand } from "./check.ts";
import type { CliContext } from "./cli-context.ts";
import { CommandFailure } from "./command-failure.ts";
import { addDevCommand } from "./dev.ts";
import { addDoctorCommand } from "./doctor.ts";
import { addExplainCommand } from "./explain.ts";
import { addFlagCommand } from "./flag.ts";
import { addInitCommand } from "./init.ts";
import { addKeysCommand } from "./keys.ts";
import { addRollbackCommands } from "./rollback.ts";
import { addRoutesCommand } from "./routes.ts";
import { addStartCommand } from "./start.ts";
import { addStatusCommand } from "./status.ts";

/** What a command does: `finish` takes its exit code. */
export interface CommandHost {
  readonly context: CliContext;
  finish(exitCode: number): void;
}

const EXAMPLES = `
Examples:
  figway init                                  write a first routes.json and flags.json
  figway check                                 say everything that is wrong with them
  figway start                                 run the gateway
  figway flag orders-modern on --why "GA"      move a route; off moves it back
  figway flag orders-modern 25%                move it for a quarter of the visitors
  figway rollback orders                       legacy at once, whatever the flags say
  figway explain GET /orders/7 --as alice      why a request goes where it goes
  figway routes                                what happens with each route now

Environment:
  FIGWAY_CONFIG        the configuration file (default: routes.json)
  ADMIN_PORT           where the running gateway's admin listener is (default: 3001)
  FIGWAY_ADMIN_TOKEN   its token, where it has one
  NO_COLOR             no colours

Exit codes: 0 done, 1 failed, 2 wrong usage.`;

/** Runs one command line (without the program's name) and returns the exit code. */
export async function runCli(args: readonly string[], context: CliContext): Promise<number> {
  let exitCode = 0;
  const host: CommandHost = {
    context,
    finish: (code) => {
      exitCode = code;
    },
  };
  try {
    await createProgram(host).parseAsync([...args], { from: "user" });
    return exitCode;
  } catch (error) {
    // Commander has printed its message, or the help that was asked for.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    if (!(error instanceof CommandFailure)) throw error;
    if (args.includes("--json")) context.writeOut(`${JSON.stringify({ error: error.message }, null, 2)}\n`);
    else context.writeError(`figway: ${error.message}\n`);
    return 1;
  }
}

function createProgram(host: CommandHost): Command {
  const { context } = host;
  const program = new Command("figway")
    .description("The strangler-fig migration gateway: moves a monolith's routes to its successor, one flag at a time.")
    .version(context.version, "-V, --version", "print figway's version")
    .option("-c, --config <file>", "the configuration file (default: $FIGWAY_CONFIG, or routes.json)")
    .option("--admin <url>", "the running gateway's admin listener (default: http://127.0.0.1:$ADMIN_PORT)")
    .option("--json", "print JSON, for programs")
    .helpOption("-h, --help", "print this help")
    .addHelpText("after", EXAMPLES)
    .showHelpAfterError("(figway --help lists the commands)")
    .configureOutput({ writeOut: context.writeOut, writeErr: context.writeError })
    .configureHelp({ showGlobalOptions: true })
    .exitOverride();
  const add = [
    addStartCommand,
    addDevCommand,
    addInitCommand,
    addCheckCommand,
    addRoutesCommand,
    addExplainCommand,
    addDoctorCommand,
    addFlagCommand,
    addRollbackCommands,
    addStatusCommand,
    addKeysCommand,
  ];
  for (const addCommand of add) addCommand(program, host);
  return program;
}
