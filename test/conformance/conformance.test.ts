import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { ALL_CASES } from "./all-cases.ts";
import { AREAS, type ConformanceCase, type Verdict } from "./conformance-case.ts";
import { startRawOrigin } from "./raw-origin.ts";
import { runCase } from "./run-case.ts";
import { FIGWAY } from "./targets/figway.ts";

/** Cases spend their time waiting: several gateways, each with its own origin, share them out. */
const LANES = 6;

const verdicts = new Map<string, Verdict>();
const waiting = [...ALL_CASES];
const deaths: unknown[] = [];
const stops: (() => Promise<void>)[] = [];

async function runLane(): Promise<void> {
  const origin = await startRawOrigin();
  const gateway = await FIGWAY.start(origin.port);
  stops.push(gateway.stop, () => origin.stop());
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    verdicts.set(next.id, await runCase(next, gateway.port, origin));
  }
}

beforeAll(async () => {
  process.on("uncaughtException", (error) => deaths.push(error));
  await Promise.all(Array.from({ length: LANES }, runLane));
}, 120_000);

afterAll(async () => {
  for (const stop of stops) await stop();
});

describe.each(AREAS.map((area) => [area] as const))("%s", (area) => {
  const cases: readonly ConformanceCase[] = ALL_CASES.filter((each) => each.area === area);
  it.each(cases.map((each) => [each.id, each.title] as const))("%s %s", (id) => {
    expect(verdicts.has(id)).toBe(true);
    expect(verdicts.get(id)).toBeUndefined();
  });
});

it("nothing of all this would have ended the process", () => {
  expect(deaths).toEqual([]);
});

it("every case has an id of its own", () => {
  expect(new Set(ALL_CASES.map(({ id }) => id)).size).toBe(ALL_CASES.length);
});
