import { expect, it } from "vitest";
import { hasRealRedis } from "../doubles/start-redis.ts";
import { FuzzedBrowser } from "./fuzz/fuzzed-browser.ts";
import { randomFrom } from "./fuzz/random.ts";
import { openSharedConnections } from "./fuzz/shared-connections.ts";
import { Trouble } from "./fuzz/trouble.ts";
import { startRig } from "./traps/rig/start-rig.ts";

const SECONDS = Number(process.env["FIGWAY_FUZZ_SECONDS"] ?? 15);
const SEED = Number(process.env["FIGWAY_FUZZ_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const BROWSERS = Number(process.env["FIGWAY_FUZZ_BROWSERS"] ?? 12);

/**
 * The seed fixes what each browser and the trouble maker do, in order; how these interleave is up to the machine. Longer:
 * `FIGWAY_FUZZ_SECONDS=300`; the same again: `FIGWAY_FUZZ_SEED=…`.
 */
it(`whatever ${BROWSERS} browsers, operators and a bad network do for ${SECONDS} s, no one is taken for another or loses a session (FIGWAY_FUZZ_SEED=${SEED})`, {
  timeout: (SECONDS + 30) * 1_000,
}, async () => {
  const random = randomFrom(SEED);
  const rolling = SEED % 2 === 1;
  const rig = await startRig({
    redis: hasRealRedis() ? "real" : "embedded",
    session: { rolling },
    configure: ({ identity }) => Object.assign(identity.session, { rolling }),
  });
  const connections = openSharedConnections(rig.port);
  const browsers: FuzzedBrowser[] = [];
  const trouble = new Trouble(rig, randomFrom(random.below(2 ** 31)), () => {
    for (const browser of browsers) browser.sessionsLost();
  });
  const origin = `http://127.0.0.1:${rig.port}`;
  for (let i = 0; i < BROWSERS; i++) {
    const name = `browser${i}`;
    const ofBrowser = randomFrom(random.below(2 ** 31));
    browsers.push(
      new FuzzedBrowser({
        name,
        connections,
        random: ofBrowser,
        trouble,
        origin,
        gates: rig.legacy,
        rolling,
      }),
    );
  }
  const endMs = performance.now() + SECONDS * 1_000;
  await Promise.all([trouble.makeUntil(endMs), ...browsers.map((browser) => browser.browseUntil(endMs))]);
  connections.close();
  await rig.stop();

  const counts: Record<string, number> = {};
  for (const browser of browsers) {
    for (const [what, count] of Object.entries(browser.counts)) counts[what] = (counts[what] ?? 0) + count;
  }
  console.info(`seed ${SEED}${rolling ? " (rolling)" : ""}:`, counts, trouble.counts);
  expect(browsers.flatMap((browser) => browser.violations).join("\n")).toBe("");
  // That it was a trial at all.
  for (const what of ["legacy", "modern", "nobody", "logins", "logouts"]) expect(counts[what]).toBeGreaterThan(20);
});
