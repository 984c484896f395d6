import { createServer } from "node:http";
import { closeServer, listen, type RunningApp } from "../demo/run-app.ts";
import { createLegacyApp, type LegacyApp, type LegacyAppOptions } from "./create-legacy-app.ts";

export interface StartLegacyAppOptions extends LegacyAppOptions {
  /** 0 lets the system choose. Default 0. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

export interface RunningLegacyApp extends RunningApp {
  readonly openStreams: LegacyApp["openStreams"];
}

export async function startLegacyApp(options: StartLegacyAppOptions): Promise<RunningLegacyApp> {
  const { port = 0, host = "127.0.0.1", ...appOptions } = options;
  const legacy = createLegacyApp(appOptions);
  const server = createServer(legacy.app);
  server.on("upgrade", legacy.onUpgrade);
  try {
    // So that the first request after the start finds its session, without making the start depend on Redis.
    await legacy.firstAttempt;
    const url = await listen(server, { name: "legacy-app", port, host, portVariable: "LEGACY_PORT" });
    return {
      url,
      openStreams: legacy.openStreams,
      async close() {
        legacy.endStreams();
        await closeServer(server);
        legacy.close();
      },
    };
  } catch (error) {
    legacy.close();
    throw error;
  }
}
