import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Command } from "commander";
import type { CliContext, GlobalOptions } from "./cli-context.ts";
import { CommandFailure } from "./command-failure.ts";
import { configFileOf } from "./config-file.ts";
import { printReport, type Report } from "./report.ts";
import type { CommandHost } from "./run-cli.ts";
import { STARTER_CONFIG, STARTER_FLAGS } from "./starter-files.ts";

interface InitOptions extends GlobalOptions {
  readonly force?: true;
}

export function addInitCommand(program: Command, { context, finish }: CommandHost): void {
  program
    .command("init")
    .description("write a first routes.json and flags.json; everything goes to legacy")
    .option("--force", "replace files that are there")
    .addHelpText("after", "\nExamples:\n  figway init\n  figway init --config staging/routes.json")
    .action((_options, command: Command) => {
      const options = command.optsWithGlobals<InitOptions>();
      finish(printReport(init(options, context), options.json === true, context));
    });
}

function init(options: InitOptions, context: CliContext): Report {
  const configFile = configFileOf(options, context);
  const files = [
    { file: configFile, text: STARTER_CONFIG },
    { file: join(dirname(configFile), "flags.json"), text: STARTER_FLAGS },
  ];
  const present = files.map(({ file }) => file).filter((file) => existsSync(file));
  if (present.length > 0 && options.force !== true) {
    throw new CommandFailure(
      `${present.join(" and ")} ${present.length > 1 ? "are" : "is"} there already; nothing was written. --force replaces.`,
    );
  }
  mkdirSync(dirname(configFile), { recursive: true });
  for (const { file, text } of files) writeFileSync(file, text);
  const written = files.map(({ file }) => file);
  return { exitCode: 0, json: { written }, text: nextSteps(written, context) };
}

function nextSteps(written: readonly string[], { paint }: CliContext): string {
  return [
    `Wrote ${written.join(" and ")}: every request goes to legacy, and one route is ready to move.`,
    "",
    "Next:",
    "  1. set LEGACY_URL, MODERN_URL, REDIS_URL and SESSION_SECRET (the one your legacy application signs its cookie with)",
    `  2. ${paint("cyan", "figway check")}     says what is still missing`,
    `  3. ${paint("cyan", "figway start")}     listens on http://127.0.0.1:3000`,
    `  4. ${paint("cyan", "figway flag example-modern 5%")}`,
  ].join("\n");
}
