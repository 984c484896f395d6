import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { start } from "../../../src/start.ts";
import type { Target } from "../target.ts";

/** figway as its users start it: a routes.json, one route, no identity. */
export const FIGWAY: Target = {
  name: "figway",
  start: async (originPort) => {
    const directory = mkdtempSync(join(tmpdir(), "figway-conformance-"));
    const configFile = join(directory, "routes.json");
    const config = {
      listen: { port: 0, timeouts: { headerTimeoutMs: 1_000, bodyIdleTimeoutMs: 1_000, keepAliveTimeoutMs: 1_500 } },
      admin: { port: 0 },
      upstreams: {
        legacy: { url: `http://127.0.0.1:${originPort}`, firstByteTimeoutMs: 1_000, idleTimeoutMs: 1_000 },
      },
      identity: { session: { kind: "none" } },
      flags: { source: "file" },
      routes: [{ id: "everything", path: "/*", to: "legacy" }],
      stateDir: join(directory, "state"),
    };
    writeFileSync(configFile, JSON.stringify(config));
    writeFileSync(join(directory, "flags.json"), "{}");
    const running = await start({ configFile, environment: {}, logLevel: "silent" });
    return {
      port: Number(new URL(running.publicUrl).port),
      stop: async () => {
        await running.stop();
        rmSync(directory, { recursive: true, force: true });
      },
    };
  },
};
