import { dirname, join, resolve } from "node:path";
import type { Config } from "../config/schema.ts";
import { type AuditRecord, createAuditTrail } from "../telemetry/audit.ts";
import { createLog } from "../telemetry/log.ts";

/** Where a running gateway of this configuration keeps its state; the same rule as in the composition root. */
export function stateDirOf(configFile: string, config: Config): string {
  return resolve(dirname(resolve(configFile)), config.stateDir);
}

/** The operators' overrides, which a running gateway watches. */
export function overridesFileOf(configFile: string, config: Config): string {
  return join(stateDirOf(configFile, config), "overrides.json");
}

/** Every flip leaves a record (law 8), also one that no gateway made. A trail that cannot be written is said on standard error. */
export function recordOffline(stateDir: string, record: Omit<AuditRecord, "at">): void {
  const log = createLog({ level: "error", fd: 2 });
  createAuditTrail({ file: join(stateDir, "audit.jsonl"), log, nowMs: Date.now }).record(record);
  log.close();
}
