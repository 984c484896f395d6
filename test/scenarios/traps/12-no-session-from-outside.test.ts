import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { ask } from "./rig/ask.ts";
import type { ModernAnswer } from "./rig/modern.ts";
import { type Rig, SECRETS, startRig } from "./rig/start-rig.ts";
import { signed, Visitor } from "./rig/visitor.ts";

describeWithRealRedis("trap 12: a session comes from the signed cookie alone, and figway makes none", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());

  it("a sid in the query, in a field or in the body is nobody's", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    const cookie = alice.cookie as string;
    const value = signed(alice.sid, SECRETS[0]);
    for (const name of ["connect.sid", "Set-Cookie", "X-Session-Id", "Cookie2", "X-Cookie", "Session", "sid"]) {
      const fields: [string, string][] = [[name, cookie]];
      expect((await ask(rig.port, "/m/me", { fields })).json<ModernAnswer>().user).toBeNull();
    }
    for (const target of [
      `/m/me?${cookie}`,
      `/m/me;${cookie}`,
      `/m/me?sid=${alice.sid}`,
      `/m/me;jsessionid=${value}`,
    ]) {
      expect((await ask(rig.port, target)).json<ModernAnswer>().user).toBeNull();
    }
    const body = { method: "POST", body: cookie, fields: [["Origin", `http://127.0.0.1:${rig.port}`]] } as const;
    expect((await ask(rig.port, "/m/me", body)).json<ModernAnswer>().user).toBeNull();
  });

  it("a rightly signed sid that the store does not know is nobody's, and no session is made for it", async () => {
    const planted = signed("planted-by-somebody", SECRETS[0]);
    const fields: [string, string][] = [["Cookie", `connect.sid=${planted}`]];
    const answer = await ask(rig.port, "/m/me", { fields });
    expect(answer.json<ModernAnswer>().user).toBeNull();
    expect(answer.all("set-cookie")).toEqual([]);
    expect(await rig.store.keys("*planted*")).toEqual([]);
  });

  it("a sid that looks like another key of the store reads no other key", async () => {
    await rig.store.set("other:key", JSON.stringify({ cookie: {}, user: { id: "dave" }, loggedIn: true }));
    await rig.store.hset("sess:hash", { user: "dave" });
    for (const id of ["../other:key", "\r\nGET other:key", "*", "hash", "", "figway-probe", "x\0y"]) {
      const cookie = `connect.sid=${encodeURIComponent(signed(id, SECRETS[0]))}`;
      const answer = await ask(rig.port, "/m/me", { fields: [["Cookie", cookie]] });
      // "hash" is a key that no session has: nobody can say who that is.
      if (answer.status === 200) expect(answer.json<ModernAnswer>().user).toBeNull();
      else expect([id, answer.status]).toEqual(["hash", 503]);
    }
    const alice = await new Visitor(rig).logIn("alice");
    expect(await alice.onModern()).toMatchObject({ user: "alice" });
  });
});
