import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { takesLessThan, timeOf } from "../../doubles/takes-less-than.ts";
import { until } from "../../doubles/until.ts";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import type { LogoutShape } from "./rig/legacy.ts";
import type { ModernAnswer } from "./rig/modern.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { Visitor } from "./rig/visitor.ts";

const SHAPES: readonly LogoutShape[] = ["destroy", "unset", "regenerate", "flag"];

describeWithRealRedis("traps 4, 5, 11: identity is what the session says now", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());

  /** Alice, whom figway has in memory. */
  async function warmAlice(): Promise<Visitor> {
    const alice = await new Visitor(rig).logIn("alice");
    for (let i = 0; i < 3; i++) expect(await alice.onModern()).toMatchObject({ user: "alice" });
    return alice;
  }

  it.each(SHAPES)("after a logout that does '%s' the very next request is nobody's on modern", async (shape) => {
    for (let round = 0; round < 20; round++) {
      const alice = await warmAlice();
      const former = alice.cookie as string;
      await alice.logOut(shape);
      const asked: Promise<unknown>[] = [];
      for (const cookie of [former, alice.cookie ?? former]) {
        const copy = new Visitor(rig);
        copy.cookie = cookie;
        asked.push(copy.onModern());
      }
      for (const me of await Promise.all(asked)) expect(me).toMatchObject({ user: null, servedBy: "modern" });
    }
  });

  it.each(SHAPES)("a logout by '%s' that goes past figway is honoured within 50 ms", async (shape) => {
    await takesLessThan(50, async () => {
      const alice = await warmAlice();
      const headers = { cookie: alice.cookie as string };
      const answer = await fetch(`${rig.legacy.url}/logout?shape=${shape}`, { method: "POST", headers });
      expect(answer.status).toBe(200);
      return await timeOf(() => until("modern knows", async () => (await alice.onModern()).user === null));
    });
  });

  it("when another user logs in under the same sid, the next request is the other user's, and never the former's", async () => {
    const browser = await warmAlice();
    const sid = browser.sid;
    for (let round = 0; round < 30; round++) {
      const user = `user ${round}`;
      await browser.logIn(user, "kept");
      expect(browser.sid).toBe(sid);
      const answers = await Promise.all(Array.from({ length: 5 }, () => browser.onModern()));
      expect(answers.map((me) => me.user)).toEqual(Array.from({ length: 5 }, () => user));
    }
  });

  it("while users change under one sid, a request in flight is one user's as a whole: subject and claims never mix", async () => {
    const browser = await warmAlice();
    const logins = { over: false };
    const mixed: unknown[] = [];
    const readers = Array.from({ length: 4 }, async () => {
      while (!logins.over) {
        const { claims } = (await browser.send("/m/me")).json<ModernAnswer>();
        if (claims !== null && claims.sub !== claims["name"]) mixed.push(claims);
      }
    });
    for (let i = 0; i < 60; i++) await browser.logIn(i % 2 === 0 ? "bob" : "alice", "kept");
    logins.over = true;
    await Promise.all(readers);
    expect(mixed).toEqual([]);
  });

  it("a role that is taken away or given is in the next token, under the same sid and for the same user", async () => {
    const dave = await new Visitor(rig).logIn({ id: "dave", roles: ["admin"] });
    expect((await dave.send("/admin/x")).status).toBe(200);
    await dave.logIn({ id: "dave", roles: ["customer"] });
    expect((await dave.send("/admin/x")).status).toBe(403);
    await dave.logIn({ id: "dave", roles: ["admin"] });
    const { claims } = (await dave.send("/admin/x")).json<ModernAnswer>();
    expect(claims?.["roles"]).toEqual(["admin"]);
  });

  it("after a login that gives a new sid the former cookie is nobody's at once, and the new one the user's", async () => {
    for (let round = 0; round < 20; round++) {
      const browser = await warmAlice();
      const former = new Visitor(rig);
      former.cookie = browser.cookie;
      await browser.logIn("bob", "new");
      expect(browser.cookie).not.toBe(former.cookie);
      const [after, before] = await Promise.all([browser.onModern(), former.onModern()]);
      expect([after.user, before.user]).toEqual(["bob", null]);
    }
  });

  describe("with a session that knows a user before he has logged in", () => {
    it("the subject is believed only once the predicate of routes.json holds", async () => {
      const alice = await new Visitor(rig).logIn("alice");
      const session = JSON.parse((await rig.store.get(alice.key)) as string) as object;
      for (const loggedIn of [false, "true", 1, null, undefined]) {
        await rig.store.set(alice.key, JSON.stringify({ ...session, loggedIn }), "EX", 60);
        await until("figway sees it", async () => (await alice.onModern()).user === null);
      }
    });
  });
});
