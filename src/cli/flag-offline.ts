import { FlagChangeError } from "../flags/flag-change-error.ts";
import type { FlagSource, FlagValue } from "../flags/flag-source.ts";
import type { RouteConfig } from "../config/schema/routes.ts";
import { actorOf } from "./actor.ts";
import type { CliContext } from "./cli-context.ts";
import { CommandFailure } from "./command-failure.ts";
import { configFileOf } from "./config-file.ts";
import type { FlagChanged, FlagList, FlagOptions } from "./flag.ts";
import { openOfflineGateway } from "./offline-gateway.ts";
import { recordOffline, stateDirOf } from "./offline-state.ts";

export async function listFlags(
  options: FlagOptions,
  context: CliContext,
  environment: Readonly<NodeJS.ProcessEnv>,
): Promise<FlagList> {
  const gateway = await openOfflineGateway(configFileOf(options, context), environment);
  try {
    return { flags: gateway.flags.list(), status: gateway.flags.status() };
  } finally {
    await gateway.close();
  }
}

/** Sets a flag where no gateway runs, by the same code and with the same record as in one (law 8). */
export async function setFlag(
  change: { readonly name: string; readonly value: FlagValue },
  {
    options,
    context,
    environment,
  }: { options: FlagOptions; context: CliContext; environment: Readonly<NodeJS.ProcessEnv> },
): Promise<FlagChanged & { readonly file: string; readonly routes: readonly RouteConfig[] }> {
  const configFile = configFileOf(options, context);
  const gateway = await openOfflineGateway(configFile, environment);
  const { config, flags } = gateway;
  try {
    const before = summaryOf(flags, change.name);
    await flags.set(change.name, change.value);
    const changed = { flag: change.name, before, after: summaryOf(flags, change.name) };
    recordOffline(stateDirOf(configFile, config), {
      actor: actorOf(context.environment),
      action: "flag-changed",
      target: change.name,
      before,
      after: changed.after,
      why: options.why,
    });
    const file = config.flags.source === "file" ? config.flags.file : config.flags.url;
    return { ...changed, file, routes: config.routes };
  } catch (error) {
    if (error instanceof FlagChangeError) throw new CommandFailure(error.message, { cause: error });
    throw error;
  } finally {
    await gateway.close();
  }
}

function summaryOf(flags: FlagSource, name: string): string {
  return flags.list().find((flag) => flag.name === name)?.summary ?? "absent";
}
