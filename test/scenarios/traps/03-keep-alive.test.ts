import { afterAll, beforeAll, expect, it } from "vitest";
import { until } from "../../doubles/until.ts";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { Visitor } from "./rig/visitor.ts";

/** Every command that Redis is given while `during` runs, by whomever: name and first argument. */
async function commandsDuring(rig: Rig, during: () => Promise<void>): Promise<string[]> {
  const monitor = await rig.store.monitor();
  const commands: string[] = [];
  monitor.on("monitor", (_time: string, [name = "", key = ""]: string[]) =>
    commands.push(`${name.toLowerCase()} ${key}`),
  );
  await during();
  // Whatever was sent before this is in the list once this is.
  await rig.store.echo("the end");
  await until("all was heard", () => commands.includes("echo the end"));
  monitor.disconnect();
  return commands.filter((command) => command !== "echo the end");
}

describeWithRealRedis("traps 3 and 24: modern's users stay logged in, and their sessions are never written", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({ session: { cookie: { maxAge: 3_000 } } });
  });
  afterAll(() => rig.stop());

  it("a user who lives on modern alone outlives legacy's idle timeout, and one who idles does not", async () => {
    const [alice, idler] = [await new Visitor(rig).logIn("alice"), await new Visitor(rig).logIn("idler")];
    const endMs = performance.now() + 4_000;
    while (performance.now() < endMs) {
      expect(await alice.onModern()).toMatchObject({ user: "alice" });
      await new Promise((wake) => setTimeout(wake, 100));
    }
    expect((await alice.send("/anything")).json()).toMatchObject({ servedBy: "legacy", user: "alice" });
    expect(await idler.onModern()).toMatchObject({ user: null });
  });

  it("of a session figway reads and prolongs, and nothing else: no write can lose what legacy keeps in it", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    const before = await rig.store.get(alice.key);
    const commands = await commandsDuring(rig, async () => {
      const endMs = performance.now() + 1_500;
      while (performance.now() < endMs) await alice.onModern();
    });
    const aboutHer = new Set(commands.filter((command) => command.includes(alice.sid)));
    expect([...aboutHer].toSorted()).toEqual([`expire ${alice.key}`, `get ${alice.key}`, `pttl ${alice.key}`]);
    // Hundreds of requests; a third of the session's life between two touches.
    expect(commands.filter((command) => command === `expire ${alice.key}`).length).toBeLessThanOrEqual(2);
    expect(await rig.store.get(alice.key)).toBe(before);
  });

  it("prolonging brings no session back that has ended meanwhile", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    await rig.store.pexpire(alice.key, 1_100);
    await until("figway may prolong it any moment", async () => (await rig.store.pttl(alice.key)) > 0);
    await rig.store.del(alice.key);
    for (let i = 0; i < 5; i++) expect(await alice.onModern()).toMatchObject({ user: null });
    expect(await rig.store.exists(alice.key)).toBe(0);
  });
});
