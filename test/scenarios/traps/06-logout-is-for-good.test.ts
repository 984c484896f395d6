import { afterAll, beforeAll, expect, it } from "vitest";
import { until } from "../../doubles/until.ts";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { type Me, Visitor } from "./rig/visitor.ts";

describeWithRealRedis("traps 6 and 7: a logout is for good", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());

  async function warm(user: string): Promise<Visitor> {
    const visitor = await new Visitor(rig).logIn(user, "new");
    expect(await visitor.onModern()).toMatchObject({ user });
    return visitor;
  }

  async function hold(visitor: Visitor, what: "read" | "save") {
    const copy = new Visitor(rig);
    copy.cookie = visitor.cookie;
    const held = rig.legacy.held;
    const answer = copy.send(`/hold/${what}`);
    await until("legacy is at work on it", () => rig.legacy.held === held + 1);
    return { answer };
  }

  it("a session that a slow request saves again after the logout stays nobody's, is not prolonged, and is counted", async () => {
    const alice = await warm("alice");
    const { key, cookie } = alice;
    const slow = await hold(alice, "save");
    await alice.logOut("destroy");
    alice.cookie = cookie;
    expect(await alice.onModern()).toMatchObject({ user: null });
    rig.legacy.release();
    await slow.answer;
    expect(await rig.store.exists(key)).toBe(1);
    await rig.store.expire(key, 100);
    for (let i = 0; i < 5; i++) expect(await alice.onModern()).toMatchObject({ user: null });
    expect(await rig.store.ttl(key)).toBeLessThanOrEqual(100);
    expect((await alice.send("/private/x")).status).toBe(401);
  });

  it("an answer that was on its way when the user logged out does not bring his cookie back", async () => {
    const alice = await warm("alice");
    const former = alice.cookie as string;
    const slow = await hold(alice, "save");
    await alice.logOut("destroy");
    // By the answer to this, figway has also had that of its own look after the logout: both went over one connection.
    expect(await alice.onModern()).toMatchObject({ user: null });
    rig.legacy.release();
    const answer = await slow.answer;
    // Legacy has set it again, as express-session does for a session that was modified.
    expect(answer.json<Me>()).toMatchObject({ user: "alice" });
    expect(answer.all("set-cookie").filter((line) => line.startsWith(former))).toEqual([]);
  });

  it("such an answer does not take the cookie of whoever has logged in meanwhile", async () => {
    const browser = await warm("alice");
    const slow = await hold(browser, "save");
    await browser.logOut("destroy");
    await browser.logIn("bob", "new");
    const cookie = browser.cookie;
    rig.legacy.release();
    browser.keep(await slow.answer);
    expect(browser.cookie).toBe(cookie);
    expect(await browser.onModern()).toMatchObject({ user: "bob" });
  });

  it("the cookie that a logout clears is cleared with the very attributes that legacy gave", async () => {
    const alice = await warm("alice");
    const line = "connect.sid=; Path=/shop; Domain=example.org; Expires=Thu, 01 Jan 1970 00:00:00 GMT; HttpOnly";
    rig.legacy.script = (req, res) => void req.session.destroy(() => res.setHeader("Set-Cookie", line).end());
    expect((await alice.send("/script/logout", { method: "POST", body: "" })).all("set-cookie")).toEqual([line]);
  });

  it("a user may log in again at once after a logout, as often as he likes", async () => {
    const alice = new Visitor(rig);
    for (let i = 0; i < 20; i++) {
      await alice.logIn("alice", i % 2 === 0 ? "new" : "kept");
      expect(await alice.onModern()).toMatchObject({ user: "alice" });
      await alice.logOut(i % 3 === 0 ? "destroy" : i % 3 === 1 ? "unset" : "regenerate");
      expect(await alice.onModern()).toMatchObject({ user: null });
    }
  });
});
