import { expect } from "vitest";
import { type Load, startLoad } from "./load.ts";
import { eventually } from "./start-shop.ts";

/** Loads of one connection each, opened one after the other, so that of any two in a row each worker has one. */
export async function openLoads(url: () => string, count: number): Promise<Load[]> {
  const loads: Load[] = [];
  for (let i = 0; i < count; i++) {
    const load = startLoad({ url, connections: 1 });
    loads.push(load);
    await eventually(() => expect(load.answered).toBeGreaterThan(0), 10_000);
  }
  return loads;
}

/** Requests that were not answered where they were sent first. */
export function lostBy({ failures, retries }: Load): number {
  return failures.length + retries;
}

/** Halts a worker, and tells the loads whose requests are with it, unanswered, from those that go on. */
export async function haltWorker(pid: number, loads: readonly Load[]): Promise<{ stuck: Load[]; others: Load[] }> {
  process.kill(pid, "SIGSTOP");
  const total = (): number => loads.reduce((sum, { answered }) => sum + answered, 0);
  const before = total();
  // Answers that were on their way when it was halted have long been read after so many.
  await eventually(() => expect(total()).toBeGreaterThan(before + 200), 10_000);
  const halted = loads.map(({ answered }) => answered);
  await eventually(() => expect(total()).toBeGreaterThan(before + 600), 10_000);
  const isStuck = (load: Load, i: number): boolean => load.answered === halted[i];
  return { stuck: loads.filter(isStuck), others: loads.filter((load, i) => !isStuck(load, i)) };
}
