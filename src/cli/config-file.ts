import type { CliContext, GlobalOptions } from "./cli-context.ts";
import { devEnvironmentFile, withDevEnvironment } from "./dev-environment.ts";

/** `--config`, else FIGWAY_CONFIG, else routes.json in this folder. */
export function configFileOf(options: GlobalOptions, context: CliContext): string {
  return options.config ?? (context.environment["FIGWAY_CONFIG"] || "routes.json");
}

/**
 * The environment, completed from what `figway dev` wrote down, so that a command in another terminal sees what the running
 * demo sees. Says so on standard error, since the answer depends on it. `figway start` never does this.
 */
export function environmentOf(options: GlobalOptions, context: CliContext): Readonly<NodeJS.ProcessEnv> {
  const configFile = configFileOf(options, context);
  const { environment, taken } = withDevEnvironment(context.environment, configFile);
  if (taken.length > 0) {
    context.writeError(`figway: with the settings that figway dev left in ${devEnvironmentFile(configFile)}\n`);
  }
  return environment;
}
