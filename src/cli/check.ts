import type { Command } from "commander";
import type { CliContext, GlobalOptions } from "./cli-context.ts";
import { configFileOf, environmentOf } from "./config-file.ts";
import { countText, problemText } from "./problem-text.ts";
import { printReport, type Report } from "./report.ts";
import type { CommandHost } from "./run-cli.ts";

export function addCheckCommand(program: Command, { context, finish }: CommandHost): void {
  program
    .command("check")
    .description("say everything that is wrong with the configuration; starts nothing")
    .argument("[file]", "the configuration file")
    .addHelpText(
      "after",
      "\nExit code 1 when there is an error; warnings alone are 0.\nExamples:\n  figway check\n  figway check staging/routes.json --json",
    )
    .action(async (file: string | undefined, _options, command: Command) => {
      const given = command.optsWithGlobals<GlobalOptions>();
      const options = file === undefined ? given : { ...given, config: file };
      finish(printReport(await checkReport(options, context), options.json === true, context));
    });
}

async function checkReport(options: GlobalOptions, context: CliContext): Promise<Report> {
  const { checkFiles } = await import("./check-files.ts");
  const file = configFileOf(options, context);
  const { config, flags, problems } = checkFiles(file, environmentOf(options, context));
  const isValid = problems.every(({ severity }) => severity === "warning");
  const summary = isValid
    ? `${context.paint("green", `${file} is valid`)}: ${config?.routes.length} routes, upstreams ${Object.keys(config?.upstreams ?? {}).join(", ")}, flags from ${flags}.`
    : `${context.paint("red", `${file} is not valid`)}: ${countText(problems)}.`;
  const warned = isValid && problems.length > 0 ? [countText(problems)] : [];
  return {
    exitCode: isValid ? 0 : 1,
    json: { ok: isValid, file, routes: config?.routes.length ?? null, problems },
    text: [...problems.map((problem) => problemText(problem, context.paint)), summary, ...warned].join("\n"),
  };
}
