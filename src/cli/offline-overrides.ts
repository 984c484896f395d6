import { loadConfig } from "../config/load-config.ts";
import { LEGACY } from "../model/side.ts";
import { createOverrides } from "../rollout/overrides.ts";
import type { CliContext, GlobalOptions } from "./cli-context.ts";
import { CommandFailure } from "./command-failure.ts";
import { configFileOf } from "./config-file.ts";
import { overridesFileOf, recordOffline, stateDirOf } from "./offline-state.ts";
import { countText } from "./problem-text.ts";
import type { OverrideStore } from "./rollback.ts";

export interface OfflineOverrideOptions {
  readonly context: CliContext;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly actor: string;
  readonly noGatewayAt: string;
}

/** The overrides in their file. A gateway of this folder that cannot be reached over its admin listener watches the file too. */
export function offlineOverrides(options: GlobalOptions, offline: OfflineOverrideOptions): OverrideStore {
  const configFile = configFileOf(options, offline.context);
  const loaded = loadConfig({ file: configFile, environment: offline.environment });
  if (!loaded.ok) throw new CommandFailure(`${configFile} has ${countText(loaded.problems)}; figway check says which.`);
  const { routes } = loaded.config;
  const stateDir = stateDirOf(configFile, loaded.config);
  const file = overridesFileOf(configFile, loaded.config);
  const overrides = createOverrides(file);
  const { actor } = offline;
  return {
    effect: `written to ${file}; no gateway answers at ${offline.noGatewayAt}`,
    movableRoutes: async () => routes.filter(({ flag, to }) => flag !== undefined || to !== LEGACY).map(({ id }) => id),
    overriddenRoutes: async () => overrides.list().map(({ routeId }) => routeId),
    async rollBack(routeId, why) {
      const before = overrides.get(routeId)?.side ?? "none";
      overrides.set({ routeId, side: LEGACY, actor, why, at: new Date().toISOString() });
      recordOffline(stateDir, { actor, action: "override-set", target: routeId, before, after: LEGACY, why });
    },
    async resume(routeId) {
      const before = overrides.get(routeId)?.side ?? "none";
      if (!overrides.clear(routeId)) return false;
      recordOffline(stateDir, {
        actor,
        action: "override-cleared",
        target: routeId,
        before,
        after: "none",
        why: undefined,
      });
      return true;
    },
  };
}
