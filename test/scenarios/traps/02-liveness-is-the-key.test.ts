import { afterAll, beforeAll, expect, it } from "vitest";
import { until } from "../../doubles/until.ts";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import type { ModernAnswer } from "./rig/modern.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { Visitor } from "./rig/visitor.ts";

describeWithRealRedis("traps 2, 8, 27: a session lives as long as its key, and no token outlives it", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());

  async function claimsOf(visitor: Visitor): Promise<{ iat: number; exp: number; nbf?: number }> {
    const { claims } = (await visitor.send("/m/me")).json<ModernAnswer>();
    if (claims === null) throw new Error("modern was told of nobody");
    return claims as { iat: number; exp: number };
  }

  const nowSeconds = () => Date.now() / 1_000;

  it("a session whose stored cookie says that it ended an hour ago is alive for as long as its key exists", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    const session = JSON.parse((await rig.store.get(alice.key)) as string) as { cookie: object };
    const cookie = { ...session.cookie, expires: new Date(Date.now() - 3_600_000).toISOString() };
    await rig.store.set(alice.key, JSON.stringify({ ...session, cookie }), "EX", 600);
    expect(await alice.onModern()).toMatchObject({ user: "alice" });
    expect((await alice.send("/anything")).json()).toMatchObject({ servedBy: "legacy", user: "alice" });
  });

  it("a token lives for 60 s, is dated back by a moment, and says nothing that a clock behind would refuse", async () => {
    const { iat, exp, nbf } = await claimsOf(await new Visitor(rig).logIn("alice"));
    expect(exp - nowSeconds()).toBeGreaterThan(55);
    expect(exp - nowSeconds()).toBeLessThanOrEqual(60);
    expect(nowSeconds() - iat).toBeGreaterThan(1);
    expect(nbf).toBeUndefined();
  });

  it("a session that dies within seconds gets a token that dies with it, even where a longer one was already made", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    const before = await claimsOf(alice);
    await rig.store.pexpire(alice.key, 5_000);
    const endsAt = nowSeconds() + 5;
    // The report of the change is on its way for some milliseconds.
    await until("the token is the shorter one", async () => (await claimsOf(alice)).exp < before.exp);
    expect((await claimsOf(alice)).exp).toBeLessThanOrEqual(endsAt);
  });

  it("a session that has just ended by itself is nobody's, without anything that reports it", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    await rig.store.pexpire(alice.key, 1_300);
    await until("it has ended", async () => (await rig.store.exists(alice.key)) === 0);
    expect(await alice.onModern()).toEqual(expect.objectContaining({ user: null, servedBy: "modern" }));
  });

  it("a session too short for any token is an honest 'log in', not a failure of the gateway", async () => {
    const statuses = new Set<number>();
    let askedInTime = 0;
    // Again where the machine stood still for as long as the session lived.
    await until("she was seen while her session lived", async () => {
      const alice = await new Visitor(rig).logIn("alice");
      await until("a second has begun", () => Date.now() % 1_000 < 100);
      // A token's end is a whole second (RFC 7519 §4.1.4), and this session ends before the next one, whatever comes between.
      await rig.store.pexpireat(alice.key, Math.floor(Date.now() / 1_000) * 1_000 + 700);
      await until("it has ended", async () => {
        statuses.add((await alice.send("/private/x")).status);
        const isOver = (await rig.store.exists(alice.key)) === 0;
        if (!isOver) askedInTime++;
        return isOver;
      });
      statuses.add((await alice.send("/private/x")).status);
      return askedInTime > 0;
    });
    expect([...statuses]).toEqual([401]);
  });

  it("a session without an end (disableTTL) gets tokens of the ordinary life", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    await rig.store.persist(alice.key);
    const { exp } = await claimsOf(alice);
    expect(exp - nowSeconds()).toBeLessThanOrEqual(60);
    expect(await rig.store.pttl(alice.key)).toBe(-1);
  });
});
