import { afterEach, expect, it } from "vitest";
import { requestOf } from "../contracts/identity-resolver.contract.ts";
import { until } from "../doubles/until.ts";
import { openSessionWorld, type SessionWorld } from "../identity/identity-worlds.ts";

let world: SessionWorld | undefined;
afterEach(() => world?.close());

/** Keeps the one thread busy, as a long collection of garbage or a throttled CPU does. */
function stall(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

it("a user is known although the gateway itself was held up for longer than Redis may take", async () => {
  // Without memory, so that each request is a read.
  world = await openSessionWorld({ redis: "embedded", config: { cache: false, commandTimeoutMs: 100 } });
  const { resolver, deps } = world;
  const browser = world.openBrowser();
  await browser.logIn({ id: "alice" });
  const request = requestOf(browser.cookieFields);
  await until("sessions are read", async () => (await resolver.resolve(request)).kind === "user");
  for (let i = 0; i < 10; i++) {
    const resolution = resolver.resolve(request);
    // The command leaves in the check phase; then the answer comes while nobody looks.
    await new Promise((next) => setImmediate(next));
    await new Promise((next) => setImmediate(next));
    stall(150);
    expect(await resolution).toMatchObject({ kind: "user", subject: "alice" });
  }
  expect(deps.logged.filter((line) => line.includes("cannot be read"))).toEqual([]);
});
