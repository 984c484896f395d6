import { afterEach, describe, expect, it } from "vitest";
import type { Identity, UserIdentity } from "../../src/model/identity.ts";
import { requestOf } from "../contracts/identity-resolver.contract.ts";
import type { AppBrowser } from "../doubles/session-app.ts";
import { hasRealRedis } from "../doubles/start-redis.ts";
import { takesLessThan, timeOf } from "../doubles/takes-less-than.ts";
import { until } from "../doubles/until.ts";
import { openSessionWorld, type SessionWorld, type SessionWorldOptions } from "./identity-worlds.ts";

const worlds: SessionWorld[] = [];

afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});

async function openWorld(options: Partial<SessionWorldOptions> = {}): Promise<SessionWorld> {
  const world = await openSessionWorld({ redis: hasRealRedis() ? "real" : "embedded", ...options });
  worlds.push(world);
  await until("the store can be read", () => world.resolver.health().ok);
  return world;
}

async function loggedIn(world: SessionWorld): Promise<{ browser: AppBrowser; key: string; user: UserIdentity }> {
  const browser = world.openBrowser();
  const { id } = (await browser.logIn({ id: "alice" })) as { id: string };
  const user = (await resolve(world, browser)) as UserIdentity;
  expect(user.kind).toBe("user");
  return { browser, key: `sess:${id}`, user };
}

async function resolve(world: SessionWorld, browser: { cookieFields: string[] }) {
  return world.resolver.resolve(requestOf(browser.cookieFields));
}

/** Legacy has answered a request of this browser. */
function legacyAnswered(world: SessionWorld, cookieFields: readonly string[]): void {
  const answer = world.resolver.sessions.legacyAnswer(requestOf(cookieFields));
  answer?.began();
  answer?.ended();
}

describe("a session's end", () => {
  it("is the end of its key, whatever the stored cookie says of its own", async () => {
    const world = await openWorld();
    const { browser, key } = await loggedIn(world);
    const session = JSON.parse((await world.redis.get(key)) as string);
    session.cookie.expires = "2001-01-01T00:00:00.000Z";
    await world.redis.set(key, JSON.stringify(session), "EX", 60);
    for (let i = 0; i < 5; i++) expect(await resolve(world, browser)).toMatchObject({ kind: "user" });
    expect(await browser.send("GET", "/me")).toMatchObject({ user: { id: "alice" } });
    const text = JSON.stringify(session);
    await takesLessThan(300, async () => {
      await world.redis.set(key, text, "EX", 60);
      await until("it is there", async () => (await resolve(world, browser)).kind === "user");
      await world.redis.pexpire(key, 200);
      return await timeOf(() =>
        until("the key has ended", async () => (await resolve(world, browser)).kind === "anonymous"),
      );
    });
  });

  it("is told to whoever mints, and is not there for a key without an end", async () => {
    const world = await openWorld();
    const { browser, key, user } = await loggedIn(world);
    const dayMs = 86_400_000;
    expect(user.sessionEndsAtMs).toBeGreaterThan(Date.now() + dayMs - 5_000);
    expect(user.sessionEndsAtMs).toBeLessThanOrEqual(Date.now() + dayMs);
    await world.redis.persist(key);
    await until(
      "the end is gone",
      async () => ((await resolve(world, browser)) as UserIdentity).sessionEndsAtMs === undefined,
    );
  });

  it("does not change the fingerprint when it moves", async () => {
    const world = await openWorld();
    const { browser, key, user } = await loggedIn(world);
    await world.redis.expire(key, 1_000);
    await until("the new end is read", async () => {
      const now = (await resolve(world, browser)) as UserIdentity;
      return (now.sessionEndsAtMs as number) < (user.sessionEndsAtMs as number) - 1_000_000;
    });
    expect(((await resolve(world, browser)) as UserIdentity).fingerprint).toBe(user.fingerprint);
  });

  it("cannot be said of a session that legacy itself fails on", async () => {
    const world = await openWorld();
    const { browser, key } = await loggedIn(world);
    for (const text of ["not JSON", '{"user":{"id":"alice"}}', '"text"']) {
      await world.redis.set(key, text, "EX", 60);
      await until(`${text} is unknown`, async () => (await resolve(world, browser)).kind === "unknown");
      await expect(browser.send("GET", "/me")).rejects.toThrow(/500/);
    }
    await world.redis.del(key);
    await world.redis.hset(key, "user", "alice");
    await until("a hash is unknown", async () => (await resolve(world, browser)).kind === "unknown");
    expect(world.resolver.health().ok).toBe(true);
  });
});

describe("an observed logout", () => {
  it("stands, even when a slow request of legacy saves the session again (TRAPS 6)", async () => {
    const world = await openWorld();
    const { browser, key, user } = await loggedIn(world);
    const text = (await world.redis.get(key)) as string;
    const before = browser.cookieFields;
    await browser.logOut("destroy");
    legacyAnswered(world, before);
    await until("the logout was observed", () => world.resolver.sessions.hasEnded(user.sessionHandle));
    await world.redis.set(key, text, "EX", 60);
    for (let i = 0; i < 5; i++) {
      expect(await resolve(world, { cookieFields: before })).toMatchObject({ kind: "anonymous", reason: "logged-out" });
    }
    world.resolver.keepAlive(user);
    expect(await world.redis.ttl(key)).toBeLessThanOrEqual(60);
    world.deps.advanceMs = 301_000;
    expect(world.resolver.sessions.hasEnded(user.sessionHandle)).toBe(false);
  });

  it("counts a session that comes back while the answer to the logout is still on its way", async () => {
    const world = await openWorld();
    const { browser, key, user } = await loggedIn(world);
    const text = (await world.redis.get(key)) as string;
    await world.redis.del(key);
    legacyAnswered(world, browser.cookieFields);
    await until("the logout was observed", () => world.resolver.sessions.hasEnded(user.sessionHandle));
    expect(world.deps.counts.resurrected).toBe(0);
    await world.redis.set(key, text, "EX", 60);
    const watched: Identity[] = [];
    world.resolver.sessions.watch(user, (now) => watched.push(now));
    await until("whoever watches it is told", () => watched.length > 0);
    expect(watched).toMatchObject([{ kind: "anonymous", reason: "logged-out" }]);
    expect(world.deps.counts.resurrected).toBeGreaterThan(0);
  });

  it("is not seen in a logout that keeps the session for the next login (passport before 0.6)", async () => {
    const world = await openWorld();
    const { browser, user } = await loggedIn(world);
    await browser.logOut("unset");
    legacyAnswered(world, browser.cookieFields);
    expect(await resolve(world, browser)).toMatchObject({ kind: "anonymous", reason: "no-subject" });
    await browser.logIn({ id: "bob" });
    legacyAnswered(world, browser.cookieFields);
    expect(await resolve(world, browser)).toMatchObject({ kind: "user", subject: "bob" });
    expect(world.resolver.sessions.hasEnded(user.sessionHandle)).toBe(false);
  });

  it("buries the former session where a login starts another (TRAPS 11)", async () => {
    const world = await openWorld();
    const { browser, user } = await loggedIn(world);
    const before = browser.cookieFields;
    await browser.logIn({ id: "bob" }, "new");
    legacyAnswered(world, before);
    expect(await resolve(world, { cookieFields: before })).toMatchObject({ kind: "anonymous" });
    expect(await resolve(world, browser)).toMatchObject({ kind: "user", subject: "bob" });
    await until("the former one is buried", () => world.resolver.sessions.hasEnded(user.sessionHandle));
  });

  it("is none when the store fails, or when nobody was logged in", async () => {
    const world = await openWorld();
    const visitor = world.openBrowser();
    await visitor.send("POST", "/cart");
    await resolve(world, visitor);
    const handle = world.resolver.sessions.handleOf(requestOf(visitor.cookieFields)) as string;
    const { browser, user } = await loggedIn(world);
    await visitor.logOut("destroy");
    legacyAnswered(world, visitor.cookieFields);
    await world.proxy.refuse();
    legacyAnswered(world, browser.cookieFields);
    expect(await resolve(world, browser)).toMatchObject({ kind: "unknown" });
    await world.proxy.mend();
    await until("she is known again", async () => (await resolve(world, browser)).kind === "user");
    expect(world.resolver.sessions.hasEnded(user.sessionHandle)).toBe(false);
    expect(world.resolver.sessions.hasEnded(handle)).toBe(false);
  });
});

describe("a watched session", () => {
  for (const cache of [true, false]) {
    const how = cache ? "Redis reports changes" : "Redis is asked";
    it(`has its watcher told within a second of an end that figway did not see, while ${how}`, async () => {
      const world = await openWorld({ config: { cache } });
      await takesLessThan(1_000, async () => {
        const { key, user } = await loggedIn(world);
        const told: Identity[] = [];
        world.resolver.sessions.watch(user, (now) => told.push(now));
        const unwatch = world.resolver.sessions.watch(user, () => expect.unreachable("it was unwatched"));
        unwatch();
        await world.redis.expire(key, 50_000);
        await world.redis.del(key);
        const tookMs = await timeOf(() => until("the watcher was told", () => told.length > 0));
        expect(told).toMatchObject([{ kind: "anonymous", reason: "no-session" }]);
        return tookMs;
      });
    });
  }

  it("has its watcher told when it ends by itself", async () => {
    const world = await openWorld();
    const { browser, key } = await loggedIn(world);
    await world.redis.pexpire(key, 400);
    await until(
      "its end is known",
      async () => ((await resolve(world, browser)) as UserIdentity).sessionEndsAtMs !== undefined,
    );
    const told: Identity[] = [];
    world.resolver.sessions.watch((await resolve(world, browser)) as UserIdentity, (now) => told.push(now));
    await until("the watcher was told", () => told.length > 0);
    expect(told).toHaveLength(1);
  });

  it("is not taken for ended while the store cannot be read", async () => {
    const world = await openWorld();
    const { key, user } = await loggedIn(world);
    const told: Identity[] = [];
    world.resolver.sessions.watch(user, (now) => told.push(now));
    await world.proxy.refuse();
    await until("the store is down", () => !world.resolver.health().ok);
    await world.redis.del(key);
    await world.proxy.mend();
    expect(told).toEqual([]);
    await until("the watcher was told once the store was back", () => told.length > 0);
  });
});

describe("keeping a session alive", () => {
  it("gives it its whole life again with EXPIRE, once in a while, and never writes it", async () => {
    const world = await openWorld({ session: { cookie: { maxAge: 1_800_000 } } });
    const { browser, key, user } = await loggedIn(world);
    const text = await world.redis.get(key);
    world.resolver.keepAlive(user);
    expect(world.deps.counts.touched).toBe(0);
    await world.redis.expire(key, 1_700);
    await until("the shorter life is read", async () => {
      await resolve(world, browser);
      world.resolver.keepAlive(user);
      return world.deps.counts.touched === 1;
    });
    await until("it has its life again", async () => (await world.redis.ttl(key)) >= 1_799);
    for (let i = 0; i < 10; i++) {
      await resolve(world, browser);
      world.resolver.keepAlive(user);
    }
    expect(world.deps.counts.touched).toBe(1);
    expect(await world.redis.get(key)).toBe(text);
  });

  it("uses the store's own life for a session without a max age", async () => {
    const world = await openWorld({ ttlSeconds: 600, config: { ttlSeconds: 600 } });
    const { browser, key, user } = await loggedIn(world);
    await world.redis.expire(key, 100);
    await until("it was prolonged", async () => {
      await resolve(world, browser);
      world.resolver.keepAlive(user);
      return (await world.redis.ttl(key)) > 590;
    });
  });

  it("keeps a visitor's cart alive as well, as legacy does", async () => {
    const world = await openWorld({ session: { cookie: { maxAge: 1_800_000 } } });
    const visitor = world.openBrowser();
    await visitor.send("POST", "/cart");
    const [key] = (await world.redis.keys("sess:*")) as [string];
    await world.redis.expire(key, 100);
    await until("it was prolonged", async () => {
      world.resolver.keepAlive((await resolve(world, visitor)) as Identity);
      return (await world.redis.ttl(key)) > 1_790;
    });
  });

  it("leaves a user who is only on modern logged in at legacy, beyond legacy's idle timeout", async () => {
    const world = await openWorld({ session: { cookie: { maxAge: 1_500 } } });
    const { browser } = await loggedIn(world);
    const endMs = Date.now() + 3_300;
    await until("two idle timeouts have passed", async () => {
      const now = await resolve(world, browser);
      expect(now.kind).toBe("user");
      world.resolver.keepAlive(now as Identity);
      return Date.now() > endMs;
    });
    expect(await browser.send("GET", "/me")).toMatchObject({ user: { id: "alice" } });
    await until("an idle user is logged out", async () => (await resolve(world, browser)).kind === "anonymous");
  });

  it("leaves a key without an end alone, and does nothing where legacy does not prolong either", async () => {
    const endless = await openWorld();
    const { browser, key, user } = await loggedIn(endless);
    await endless.redis.persist(key);
    await until(
      "the end is gone",
      async () => ((await resolve(endless, browser)) as UserIdentity).sessionEndsAtMs === undefined,
    );
    endless.resolver.keepAlive(user);
    const off = await openWorld({ config: { touch: false } });
    const other = await loggedIn(off);
    await off.redis.expire(other.key, 100);
    await until("the shorter life is read", async () => {
      const now = (await resolve(off, other.browser)) as UserIdentity;
      off.resolver.keepAlive(now);
      return (now.sessionEndsAtMs as number) < Date.now() + 101_000;
    });
    expect(await endless.redis.ttl(key)).toBe(-1);
    expect(await off.redis.ttl(other.key)).toBeLessThanOrEqual(100);
    expect([endless.deps.counts.touched, off.deps.counts.touched]).toEqual([0, 0]);
  });
});
