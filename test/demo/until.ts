import { setTimeout as sleep } from "node:timers/promises";

/** Asks again and again until it is so; fails after the deadline. Gives how long it took, in milliseconds. */
export async function until(isSo: () => boolean | Promise<boolean>, deadlineMs = 5_000): Promise<number> {
  const startedAt = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedAt > deadlineMs) throw new Error(`not so within ${deadlineMs} ms: ${isSo}`);
    await sleep(10);
  }
  return performance.now() - startedAt;
}
