import { dirname, resolve } from "node:path";
import { loadConfig } from "../config/load-config.ts";
import type { Config } from "../config/schema.ts";
import { createFlagSource, type FlagSource } from "../flags/flag-source.ts";
import { FlagsFileError } from "../flags/flags-file-error.ts";
import { type Decider, type ExplainQuestion, type Explanation, explain } from "../pipeline/explain.ts";
import { createOverrides } from "../rollout/overrides.ts";
import { createRouter } from "../routing/router.ts";
import { CommandFailure } from "./command-failure.ts";
import { overridesFileOf, stateDirOf } from "./offline-state.ts";
import { countText } from "./problem-text.ts";

/** What decides, built from routes.json and the flag source alone: no listener, no session store, no upstream. */
export interface OfflineGateway {
  readonly config: Config;
  readonly overrideOf: Decider["overrideOf"];
  explain(question: ExplainQuestion): Explanation;
  readonly flags: FlagSource;
  close(): Promise<void>;
}

export async function openOfflineGateway(
  configFile: string,
  environment: Readonly<NodeJS.ProcessEnv>,
): Promise<OfflineGateway> {
  const loaded = loadConfig({ file: configFile, environment });
  if (!loaded.ok) {
    throw new CommandFailure(`${configFile} has ${countText(loaded.problems)}; figway check says which.`);
  }
  const { config } = loaded;
  const flags = await openFlags(configFile, config, environment);
  const router = createRouter(config.routes);
  const overrides = createOverrides(overridesFileOf(configFile, config));
  const decider: Decider = { matchRoute: router.match, flags, overrideOf: overrides.get };
  return {
    config,
    flags,
    overrideOf: overrides.get,
    explain: (question) => explain(question, decider),
    close: () => flags.close(),
  };
}

async function openFlags(
  configFile: string,
  config: Config,
  environment: Readonly<NodeJS.ProcessEnv>,
): Promise<FlagSource> {
  const baseDir = dirname(resolve(configFile));
  try {
    return await createFlagSource({
      config: config.flags,
      baseDir,
      stateDir: stateDirOf(configFile, config),
      // What is wrong with the source is in its status, which the commands print.
      log: () => undefined,
      environment,
    });
  } catch (error) {
    if (error instanceof FlagsFileError) throw new CommandFailure(error.message, { cause: error });
    throw error;
  }
}
