import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { CommandFailure } from "../command-failure.ts";
import type { ChildProcesses } from "./child-processes.ts";
import { freePort, whyPortIsTaken } from "./ports.ts";
import { packageRoot, siblingModule } from "./sibling.ts";
import type { StartedUnleash } from "./unleash-process.ts";

export interface DevUnleash {
  /** For the banner. */
  readonly description: string;
  readonly variables: Readonly<Record<string, string>>;
}

/** Unleash's own default; another one where that is in use. */
const USUAL_PORT = 4242;

/** UNLEASH_URL where it is set; with `--unleash` a real Unleash on an embedded Postgres; else undefined, and flags.json counts. */
export async function startUnleashIfWanted(options: {
  readonly wanted: boolean;
  readonly configFile: string;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly children: ChildProcesses;
  readonly onLine: (line: string) => void;
}): Promise<DevUnleash | undefined> {
  const { UNLEASH_URL: url, UNLEASH_TOKEN: token } = options.environment;
  if (url !== undefined && url !== "") {
    if (token === undefined || token === "") {
      throw new CommandFailure(
        "UNLEASH_URL is set, but UNLEASH_TOKEN is not; set it to a backend token of that Unleash.",
      );
    }
    return { description: `Unleash at ${url} (from UNLEASH_URL)`, variables: {} };
  }
  if (!options.wanted) return undefined;
  const starter = join(packageRoot, "tools/unleash/start-unleash.ts");
  if (!existsSync(starter)) {
    throw new CommandFailure(
      "--unleash needs a checkout of figway; elsewhere, set UNLEASH_URL and UNLEASH_TOKEN to an Unleash of your own.",
    );
  }
  const port = (await whyPortIsTaken(USUAL_PORT)) === undefined ? USUAL_PORT : await freePort();
  const args = [starter, join(dirname(options.configFile), ".figway", "unleash"), String(port)];
  const unleash = await new Promise<StartedUnleash>((resolve) => {
    options.children.start({
      name: "unleash",
      command: process.execPath,
      args: [siblingModule("unleash-process"), ...args],
      environment: options.environment,
      onLine: options.onLine,
      // A child that ends without this message ends figway dev, which says so.
      onMessage: (message) => resolve(message as StartedUnleash),
    });
  });
  return {
    description: `Unleash: ${unleash.uiUrl} (admin / unleash4all)`,
    variables: {
      UNLEASH_URL: unleash.url,
      UNLEASH_TOKEN: unleash.backendToken,
      UNLEASH_ADMIN_TOKEN: unleash.adminToken,
    },
  };
}
