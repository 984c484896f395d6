/** figway as `figway start` runs it; its request log goes to standard output. Arguments: the configuration file, the log level. */
import { start } from "../../src/start.ts";
import { answerParent, tellParent } from "../processes/answer-parent.ts";
import type { PeerReady } from "./peer-ready.ts";

const [configFile, logLevel] = process.argv.slice(2) as [string, "info" | "silent"];
const gateway = await start({ configFile, environment: { ...process.env, PORT: "0", ADMIN_PORT: "0" }, logLevel });

export interface FigwaySample {
  readonly kind: "memory";
}

answerParent<FigwaySample>(async () => {
  // Twice: what only a finalizer held goes with the second one.
  globalThis.gc?.();
  globalThis.gc?.();
  const handles: Record<string, number> = {};
  for (const kind of process.getActiveResourcesInfo()) handles[kind] = (handles[kind] ?? 0) + 1;
  return { ...process.memoryUsage(), handles };
});
tellParent({
  port: Number(new URL(gateway.publicUrl).port),
  pids: [process.pid],
  jwks: `${gateway.publicUrl}/.figway/jwks.json`,
  adminUrl: gateway.adminUrl,
} satisfies PeerReady);
