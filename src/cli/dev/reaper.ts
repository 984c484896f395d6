/**
 * The process that outlives `figway dev` when that is killed without a chance to clean up (SIGKILL, a crash): it reads
 * `+pid` and `-pid` lines, and when its input ends it ends the process groups that are still listed.
 */
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { isGroupAlive, signalGroup } from "./process-group.ts";

const GRACE_MS = 1_500;

const listed = new Set<number>();

for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  // It ends when its input ends, and not before: that is what it is for.
  process.on(signal, () => undefined);
}

for await (const line of createInterface({ input: process.stdin })) {
  const pid = Number(line.slice(1));
  if (line.startsWith("+")) listed.add(pid);
  else listed.delete(pid);
}

for (const pid of listed) signalGroup(pid, "SIGTERM");
const deadline = performance.now() + GRACE_MS;
while ([...listed].some(isGroupAlive) && performance.now() < deadline) await sleep(50);
for (const pid of listed) signalGroup(pid, "SIGKILL");
