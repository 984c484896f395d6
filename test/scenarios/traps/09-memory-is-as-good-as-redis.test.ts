import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { takesLessThan, timeOf } from "../../doubles/takes-less-than.ts";
import { until } from "../../doubles/until.ts";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { type Me, Visitor } from "./rig/visitor.ts";

describeWithRealRedis("traps 9 and 13: what is remembered is true, and what cannot be read is unknown", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());
  afterEach(async () => {
    await rig.storeFaults.mend();
    rig.storeFaults.cut();
    await rig.flip("me-modern", false);
    const probe = await new Visitor(rig).logIn("probe");
    await until("figway reads Redis again", async () => (await probe.send("/m/me")).status === 200);
  });

  async function warmAlice(): Promise<Visitor> {
    const alice = await new Visitor(rig).logIn("alice");
    await until("she is known", async () => (await alice.onModern()).user === "alice");
    return alice;
  }

  it("when the connection that hears of changes dies silently, a logout past figway is honoured within 2.5 s", async () => {
    const alice = await warmAlice();
    rig.storeFaults.blackhole();
    await rig.store.del(alice.key);
    const startedMs = performance.now();
    // 503 is no answer in her name; 200 as alice is.
    let lastAsAlice = 0;
    while (performance.now() - startedMs < 2_500) {
      const askedMs = performance.now() - startedMs;
      const answer = await alice.send("/m/me");
      expect([200, 503]).toContain(answer.status);
      // When it was asked: the answer may be on its way while this process stands still.
      if (answer.status === 200 && answer.json<Me>().user === "alice") lastAsAlice = askedMs;
    }
    expect(lastAsAlice).toBeLessThan(2_100);
  });

  it("when Redis loses all sessions at once (FLUSHALL), the next requests are nobody's within 50 ms", async () => {
    await takesLessThan(50, async () => {
      const [alice, bob] = [await warmAlice(), await new Visitor(rig).logIn("bob")];
      await bob.onModern();
      await rig.store.flushall();
      return await timeOf(() =>
        until("both are nobody", async () => {
          const users = await Promise.all([alice.onModern(), bob.onModern()]);
          return users.every(({ user }) => user === null);
        }),
      );
    });
  });

  it.each([
    ["refuses connections", () => rig.storeFaults.refuse()],
    ["is a black hole", async () => rig.storeFaults.blackhole()],
    ["answers after a second", async () => rig.storeFaults.delayAnswers(1_000)],
  ])(
    "while Redis %s, nobody is called anonymous: safe requests go to legacy or get 503 with Retry-After, others 503",
    async (_how, spoil) => {
      const alice = await warmAlice();
      await rig.flip("me-modern", true);
      await spoil();
      await until("figway knows that Redis is away", async () => (await alice.send("/m/me")).status === 503);
      for (let i = 0; i < 5; i++) {
        // Legacy has a way to Redis of its own here, and knows her.
        expect((await alice.send("/me")).json()).toMatchObject({ servedBy: "legacy", user: "alice" });
        for (const [target, method] of [
          ["/m/me", "GET"],
          ["/m/me", "POST"],
          ["/me", "POST"],
          ["/private/x", "GET"],
          ["/admin/x", "GET"],
        ] as const) {
          const origin: [string, string][] = [["Origin", `http://127.0.0.1:${rig.port}`]];
          const answer = await alice.send(target, {
            method,
            fields: origin,
            ...(method === "POST" ? { body: "" } : {}),
          });
          expect([target, answer.status, answer.all("retry-after")]).toEqual([target, 503, ["1"]]);
          expect(answer.text).not.toContain('"user":null');
        }
        // What needs no identity needs no Redis.
        expect((await alice.send("/open/x")).status).toBe(200);
        expect((await alice.send("/anything")).json()).toMatchObject({ servedBy: "legacy", user: "alice" });
      }
      await takesLessThan(2_000, async () => {
        await spoil();
        await until("figway knows that Redis is away", async () => (await alice.send("/m/me")).status === 503);
        await rig.storeFaults.mend();
        rig.storeFaults.cut();
        return await timeOf(() => until("all is well", async () => (await alice.send("/m/me")).status === 200));
      });
      expect(await alice.onModern()).toMatchObject({ user: "alice" });
    },
  );

  it("while answers of Redis come 100 ms late, users are right and no one waits for another", async () => {
    const [alice, bob] = [await warmAlice(), await new Visitor(rig).logIn("bob")];
    rig.storeFaults.delayAnswers(100);
    for (let i = 0; i < 5; i++) {
      const [a, b] = await Promise.all([alice.send("/m/me"), bob.send("/m/me")]);
      for (const [answer, user] of [
        [a, "alice"],
        [b, "bob"],
      ] as const) {
        if (answer.status === 200) expect(answer.json<Me>().user).toBe(user);
        else expect(answer.status).toBe(503);
      }
    }
    // A logout meanwhile is as good as ever.
    await alice.logOut("destroy");
    const answer = await alice.send("/m/me");
    if (answer.status === 200) expect(answer.json<Me>().user).toBeNull();
    else expect(answer.status).toBe(503);
  });
});
