/**
 * Prints how a proxy does in the conformance suite: `node test/conformance/report.ts [figway|http-proxy|<module>] [id or area …]`.
 * A module exports a `Target` under any name.
 */
import { resolve } from "node:path";
import { ALL_CASES } from "./all-cases.ts";
import { AREAS } from "./conformance-case.ts";
import { startRawOrigin } from "./raw-origin.ts";
import { runCase } from "./run-case.ts";
import type { Target } from "./target.ts";

const [targetName = "figway", ...only] = process.argv.slice(2);

async function loadTarget(name: string): Promise<Target> {
  const path = /[./]/.test(name) ? resolve(name) : `${import.meta.dirname}/targets/${name}.ts`;
  const module = (await import(path)) as Record<string, Target>;
  return Object.values(module).find((each) => typeof each === "object" && "start" in each) as Target;
}

const target = await loadTarget(targetName);
const origin = await startRawOrigin();
const proxy = await target.start(origin.port);
let deaths = 0;
process.on("uncaughtException", (error) => {
  deaths += 1;
  console.log(`  DEATH: ${error.message}`);
});
const cases = ALL_CASES.filter(({ id, area }) => only.length === 0 || only.includes(id) || only.includes(area));
const failed: string[] = [];
const counts = new Map<string, { must: number; should: number; mustFailed: number; shouldFailed: number }>();
for (const testCase of cases) {
  const verdict = await runCase(testCase, proxy.port, origin);
  const count = counts.get(testCase.area) ?? { must: 0, should: 0, mustFailed: 0, shouldFailed: 0 };
  count[testCase.level] += 1;
  if (verdict !== undefined) {
    count[`${testCase.level}Failed`] += 1;
    failed.push(
      `${testCase.level.padEnd(6)} ${testCase.id.padEnd(9)} ${testCase.title}\n         ${verdict.slice(0, 400)}`,
    );
  }
  counts.set(testCase.area, count);
}
console.log(failed.join("\n"));
console.log(`\n${target.name}\n${"area".padEnd(16)}musts failed   shoulds failed`);
const total = { must: 0, should: 0, mustFailed: 0, shouldFailed: 0 };
for (const area of AREAS) {
  const count = counts.get(area);
  if (count === undefined) continue;
  for (const key of Object.keys(total) as (keyof typeof total)[]) total[key] += count[key];
  print(area, count);
}
print("all", total);
console.log(`deaths          ${deaths}`);
await proxy.stop();
await origin.stop();
process.exit(0);

function print(name: string, count: typeof total): void {
  console.log(
    `${name.padEnd(16)}${`${count.mustFailed} of ${count.must}`.padEnd(15)}${count.shouldFailed} of ${count.should}`,
  );
}
