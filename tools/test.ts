/**
 * `npm test`: says what it runs on and what it found, runs vitest over the whole suite (or what its arguments select), and
 * says what was skipped and why. With CI=true or --no-skips a skip is a failure.
 */
import { parseCLI, startVitest } from "vitest/node";
import { hasRealRedis, HOW_TO_GET_REAL_REDIS } from "../test/doubles/start-redis.ts";
import { findChromium, HOW_TO_GET_CHROMIUM } from "./find-chromium.ts";
import { TestTally } from "./test-tally.ts";
import { installUnleash, isUnleashInstalled } from "./unleash/install-unleash.ts";

const args = process.argv.slice(2);
const mustNotSkip = isSet(process.env["CI"]) || args.includes("--no-skips");
const vitestArgs = args.filter((arg) => arg !== "--no-skips");
const { filter, options } = parseCLI(["vitest", "run", ...vitestArgs]);

console.log(`Node      ${process.versions.node}`);
console.log(
  `Redis     embedded${hasRealRedis() ? " and real (on PATH)" : ` only; the real one ${HOW_TO_GET_REAL_REDIS}`}`,
);
console.log(`Chromium  ${findChromium() ?? `none; ${HOW_TO_GET_CHROMIUM}`}`);
console.log(`Unleash   ${(await isUnleashInstalled()) ? "installed" : "to be installed for its tests (220 MB, once)"}`);
console.log(`Skips     ${mustNotSkip ? "are failures" : "are allowed (CI=true or --no-skips forbids them)"}`);

// Ahead of the tests that need it, so that half a minute of installing is nobody's timeout. Offline, those tests say so.
if (filter.length === 0)
  await installUnleash((line) => console.log(line)).catch((error: unknown) => console.error(String(error)));

const tally = new TestTally();
const vitest = await startVitest(filter, { ...options, reporters: ["default", tally] });
await vitest.close();

for (const { title, count, reason } of tally.skippedSuites()) {
  console.log(`skipped   ${title} (${count} ${count === 1 ? "test" : "tests"}): ${reason}`);
}
const { passed, failed, skipped } = tally.totals();
if (mustNotSkip && skipped > 0) {
  console.error("Tests were skipped, and a skip is a failure here.");
  process.exitCode = 1;
}
if (failed > 0 || tally.hasOtherErrors) process.exitCode = 1;
if (passed + failed + skipped === 0) {
  console.error("No test was run.");
  process.exitCode = 1;
}
console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
// A handle that a test left open must not hold the terminal.
process.exit(process.exitCode ?? 0);

function isSet(variable: string | undefined): boolean {
  return variable !== undefined && !["", "0", "false"].includes(variable);
}
