import { createServer } from "node:http";
import { closeServer, listen, type RunningApp } from "../demo/run-app.ts";
import { createModernApp, type ModernApp, type ModernAppOptions } from "./create-modern-app.ts";

export interface StartModernAppOptions extends ModernAppOptions {
  /** 0 lets the system choose. Default 0. */
  readonly port?: number;
  /** Default 127.0.0.1. */
  readonly host?: string;
}

export interface RunningModernApp extends RunningApp {
  readonly openSockets: ModernApp["openSockets"];
}

export async function startModernApp(options: StartModernAppOptions): Promise<RunningModernApp> {
  const { port = 0, host = "127.0.0.1", ...appOptions } = options;
  const modern = createModernApp(appOptions);
  const server = createServer(modern.app);
  server.on("upgrade", modern.onUpgrade);
  const url = await listen(server, { name: "modern-app", port, host, portVariable: "MODERN_PORT" });
  return {
    url,
    openSockets: modern.openSockets,
    async close() {
      modern.endStreams();
      await closeServer(server);
    },
  };
}
