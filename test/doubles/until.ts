import { setTimeout as sleep } from "node:timers/promises";

/** Waits until the condition holds, looking every few milliseconds; fails with what was waited for once the deadline is over. */
export async function until(
  what: string,
  condition: () => boolean | Promise<boolean>,
  deadlineMs = 5_000,
): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (!(await condition())) {
    if (performance.now() > endMs) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`);
    await sleep(2);
  }
}
