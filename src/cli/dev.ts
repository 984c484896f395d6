import type { Command } from "commander";
import type { GlobalOptions } from "./cli-context.ts";
import { configFileOf } from "./config-file.ts";
import type { CommandHost } from "./run-cli.ts";

const HELP = `
Starts the session store, the demo's legacy-app and modern-app, and figway, shows each request's decision, and stops all of
it on Ctrl-C. Takes PORT, ADMIN_PORT, LEGACY_PORT, MODERN_PORT, SESSION_SECRET, REDIS_URL, UNLEASH_URL and UNLEASH_TOKEN from
the environment, and brings what is not given.

Examples:
  figway dev
  PORT=3100 figway dev
  figway dev --unleash        flags from a real Unleash; its first start installs about 200 MB`;

export function addDevCommand(program: Command, { context, finish }: CommandHost): void {
  program
    .command("dev")
    .description("run the whole demo: both applications behind figway")
    .option("--unleash", "take the flags from a real Unleash server instead of flags.json")
    .addHelpText("after", HELP)
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions & { unleash?: true }>();
      const { runDev } = await import("./dev/run-dev.ts");
      finish(await runDev({ configFile: configFileOf(options, context), unleash: options.unleash === true }, context));
    });
}
