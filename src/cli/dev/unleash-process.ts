/**
 * A real Unleash for the demo, in a process of its own: what it starts (npm for the first installation, the server) is ended
 * with its process group. `unleash-process.ts STARTER DATA_DIR PORT`; says where Unleash is over the channel to figway dev.
 */
import { pathToFileURL } from "node:url";

export interface StartedUnleash {
  readonly url: string;
  readonly uiUrl: string;
  readonly backendToken: string;
  readonly adminToken: string;
}

/** What tools/unleash/start-unleash.ts exports. It lies outside of src, because Unleash is never a part of the package. */
interface StarterModule {
  startUnleash(options: {
    port: number;
    dataDir: string;
    log: (line: string) => void;
  }): Promise<StartedUnleash & { stop(): Promise<void> }>;
}

const [starter = "", dataDir = "", port = ""] = process.argv.slice(2);

try {
  const { startUnleash } = (await import(pathToFileURL(starter).href)) as StarterModule;
  const { stop, ...unleash } = await startUnleash({ port: Number(port), dataDir, log: (line) => console.log(line) });
  process.once("SIGTERM", () => {
    void stop().finally(() => process.exit(0));
  });
  // Without figway dev there is nobody to serve.
  process.once("disconnect", () => {
    void stop().finally(() => process.exit(0));
  });
  process.send?.(unleash);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
