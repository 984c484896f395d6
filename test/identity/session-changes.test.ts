import type { Redis } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";
import type { Resolution, UserIdentity } from "../../src/model/identity.ts";
import { requestOf } from "../contracts/identity-resolver.contract.ts";
import type { AppBrowser } from "../doubles/session-app.ts";
import type { RedisKind } from "../doubles/start-redis.ts";
import { takesLessThan } from "../doubles/takes-less-than.ts";
import { until } from "../doubles/until.ts";
import { describeWithRealRedis } from "./describe-with-real-redis.ts";
import { openSessionWorld, type SessionWorld, type SessionWorldOptions } from "./identity-worlds.ts";

const worlds: SessionWorld[] = [];

afterEach(async () => {
  await Promise.all(worlds.splice(0).map((world) => world.close()));
});

async function openWorld(options: SessionWorldOptions, mode: RegExp): Promise<SessionWorld> {
  const world = await openSessionWorld(options);
  worlds.push(world);
  await until(`changes are reported by ${mode}`, () => mode.test(world.resolver.health().detail));
  return world;
}

async function aliceIn(world: SessionWorld): Promise<{ browser: AppBrowser; key: string }> {
  const browser = world.openBrowser();
  const { id } = (await browser.logIn({ id: "alice" })) as { id: string };
  const key = `sess:${id}`;
  await until("she is remembered", async () => {
    await resolve(world, browser);
    return isWarm(world, browser);
  });
  return { browser, key };
}

const resolve = (world: SessionWorld, browser: AppBrowser): Resolution | Promise<Resolution> =>
  world.resolver.resolve(requestOf(browser.cookieFields));

/** Whether the answer comes from memory. */
function isWarm(world: SessionWorld, browser: AppBrowser): boolean {
  const before = world.deps.counts.cacheHits;
  void resolve(world, browser);
  return world.deps.counts.cacheHits > before;
}

/** How long after a change the resolver's answers show it, in milliseconds. */
async function delayUntil(isSo: () => boolean | Promise<boolean>): Promise<number> {
  const startedAtMs = performance.now();
  while (!(await isSo())) {
    if (performance.now() - startedAtMs > 5_000) throw new Error("the change was not seen");
    await new Promise((done) => setImmediate(done));
  }
  return performance.now() - startedAtMs;
}

async function commandCalls(redis: Redis): Promise<Record<string, number>> {
  const stats = await redis.info("commandstats");
  return Object.fromEntries(
    [...stats.matchAll(/cmdstat_([^:]+):calls=(\d+)/g)].map(([, name, calls]) => [name, Number(calls)]),
  );
}

async function setUser(redis: Redis, key: string, user: string): Promise<void> {
  const session = JSON.parse((await redis.get(key)) as string);
  await redis.set(key, JSON.stringify({ ...session, user: { id: user } }), "EX", 60);
}

const REPORTED: readonly { redis: RedisKind; mode: RegExp; describe: (title: string, tests: () => void) => void }[] = [
  { redis: "embedded", mode: /by: keyspace/, describe },
  { redis: "real", mode: /by: tracking/, describe: describeWithRealRedis },
];

for (const { redis, mode, describe } of REPORTED) {
  describe(`while the ${redis} Redis reports changes (${mode.source})`, () => {
    it("answers from memory, without a promise", async () => {
      const world = await openWorld({ redis }, mode);
      const { browser } = await aliceIn(world);
      const reads = world.reads();
      for (let i = 0; i < 1_000; i++) expect(resolve(world, browser)).toMatchObject({ kind: "user", subject: "alice" });
      expect(world.reads()).toBe(reads);
    });

    it("sees a deleted session, a user taken out and another user within 50 ms", async () => {
      const world = await openWorld({ redis }, mode);
      const { browser, key } = await aliceIn(world);
      const seen = (kind: string, subject?: string) => async () => {
        const now = await resolve(world, browser);
        return now.kind === kind && (now as Partial<UserIdentity>).subject === subject;
      };
      const delays: number[] = [];
      for (let i = 0; i < 30; i++) {
        await setUser(world.redis, key, `bob ${i}`);
        delays.push(await delayUntil(seen("user", `bob ${i}`)));
        const text = (await world.redis.get(key)) as string;
        await world.redis.set(key, '{"cookie":{}}', "EX", 60);
        delays.push(await delayUntil(seen("anonymous")));
        await world.redis.set(key, text, "EX", 60);
        delays.push(await delayUntil(seen("user", `bob ${i}`)));
        await world.redis.del(key);
        delays.push(await delayUntil(seen("anonymous")));
        await world.redis.set(key, text, "EX", 60);
        delays.push(await delayUntil(seen("user", `bob ${i}`)));
      }
      delays.sort((a, b) => a - b);
      const at = (share: number) => delays[Math.floor(share * delays.length)] as number;
      console.info(`${redis}: a change is seen after p50 ${at(0.5).toFixed(2)} ms, p99 ${at(0.99).toFixed(2)} ms`);
      expect(at(0.95)).toBeLessThan(50);
    });

    it("never remembers that a session has no user", async () => {
      const world = await openWorld({ redis }, mode);
      const { browser, key } = await aliceIn(world);
      await world.redis.set(key, '{"cookie":{}}', "EX", 60);
      await until("she is gone", async () => (await resolve(world, browser)).kind === "anonymous");
      const reads = world.reads();
      for (let i = 1; i <= 5; i++) {
        expect(await resolve(world, browser)).toMatchObject({ kind: "anonymous", reason: "no-subject" });
        expect(world.reads()).toBe(reads + i);
      }
    });

    it("does not remember what was read before a change that was reported while the answer was on its way", async () => {
      const world = await openWorld({ redis }, mode);
      const { browser, key } = await aliceIn(world);
      for (let i = 0; i < 5; i++) {
        await setUser(world.redis, key, `early ${i}`);
        await until("nothing is remembered", () => !isWarm(world, browser));
        world.resolver.sessions.legacyAnswer(requestOf(browser.cookieFields))?.began();
        // Only what is read from the session is late; the report of the change is not.
        world.proxy.delayAnswers(40, `early ${i}`);
        const early = resolve(world, browser);
        await until("the answer is on its way", () => world.proxy.heldBack > 0);
        await setUser(world.redis, key, `late ${i}`);
        expect(await early).toMatchObject({ subject: `early ${i}` });
        for (let j = 0; j < 20; j++) expect(await resolve(world, browser)).toMatchObject({ subject: `late ${i}` });
      }
    });

    it("stops answering from memory when its connections are cut, and starts again by itself", async () => {
      const world = await openWorld({ redis }, mode);
      const { browser, key } = await aliceIn(world);
      world.proxy.cut();
      await world.redis.del(key);
      await until("she is gone", async () => (await resolve(world, browser)).kind === "anonymous");
      await until("changes are reported again", () => mode.test(world.resolver.health().detail), 10_000);
      for (let i = 0; i < 20; i++) expect(await resolve(world, browser)).toMatchObject({ kind: "anonymous" });
    });

    it("answers nothing from memory after figway itself stood still for longer than 2 seconds", async () => {
      const world = await openWorld({ redis }, mode);
      const { browser } = await aliceIn(world);
      world.deps.advanceMs = 2_500;
      expect(isWarm(world, browser)).toBe(false);
      await until("a heartbeat has proven it again", async () => {
        await resolve(world, browser);
        return isWarm(world, browser);
      });
    });

    it("answers nothing from memory that is older than 2 seconds when its connections are half open", async () => {
      const world = await openWorld({ redis }, mode);
      const { browser, key } = await aliceIn(world);
      world.proxy.blackhole("open");
      await world.redis.del(key);
      const goneAtMs = performance.now();
      // When it was asked, not when the answer was looked at: this process may stand still in between.
      let lastAsUserMs = 0;
      await delayUntil(async () => {
        const askedAtMs = performance.now();
        const isUser = (await resolve(world, browser)).kind === "user";
        if (isUser) lastAsUserMs = askedAtMs - goneAtMs;
        return !isUser;
      });
      expect(lastAsUserMs).toBeLessThan(2_100);
      await until(
        "the new connections know that she is gone",
        async () => (await resolve(world, browser)).kind === "anonymous",
      );
      await until("changes are reported again", () => mode.test(world.resolver.health().detail), 10_000);
    });

    it("logs each change of state once, and nothing else", async () => {
      const world = await openWorld({ redis }, mode);
      const { browser } = await aliceIn(world);
      await world.proxy.refuse();
      for (let i = 0; i < 50; i++) await resolve(world, browser);
      await until("it is down", () => !world.resolver.health().ok);
      await world.proxy.mend();
      await until("changes are reported again", () => mode.test(world.resolver.health().detail), 10_000);
      expect(world.deps.logged).toEqual([
        "the session store can be read",
        "sessions are kept in memory while redis reports changes",
        ...["the session store cannot be read", "every session is read from redis: it reports no changes"].toSorted(
          (a, b) => world.deps.logged.indexOf(a) - world.deps.logged.indexOf(b),
        ),
        "the session store can be read again",
        "sessions are kept in memory while redis reports changes",
      ]);
    });
  });
}

describeWithRealRedis("with CLIENT TRACKING", () => {
  it("sends Redis no command for a warm request, but the heartbeat of its own connection", async () => {
    const world = await openWorld({ redis: "real" }, /by: tracking/);
    const { browser } = await aliceIn(world);
    await world.redis.config("RESETSTAT");
    for (let i = 0; i < 5_000; i++) void resolve(world, browser);
    const { ping, info, ...others } = await commandCalls(world.redis);
    expect(others).toEqual({ "config|resetstat": 1 });
    expect(ping ?? 0).toBeLessThan(5);
    expect(info).toBe(undefined);
  });

  it("forgets everything when the whole Redis is flushed", async () => {
    const world = await openWorld({ redis: "real" }, /by: tracking/);
    const { browser } = await aliceIn(world);
    await world.redis.flushall();
    // Half of the time for which she may be remembered where nothing is reported.
    await until("she is gone", async () => (await resolve(world, browser)).kind === "anonymous", 5_000);
  });

  it("leaves no trace of its probe among legacy's keys", async () => {
    const world = await openWorld({ redis: "real", config: { prefix: "other:" } }, /by: tracking/);
    expect(await world.redis.keys("*")).toEqual([]);
  });

  it("falls back to keyspace events where the ACL forbids CLIENT TRACKING, and says so", async () => {
    const world = await openWorld({ redis: "real" }, /by: tracking/);
    await world.redis.config("SET", "notify-keyspace-events", "Kg$x");
    await world.redis.call("ACL", "SETUSER", "default", "-client|tracking");
    world.proxy.cut();
    await until("keyspace events are used", () => /by: keyspace/.test(world.resolver.health().detail), 10_000);
    // Half of the time for which she may be remembered where nothing is reported.
    await takesLessThan(500, async () => {
      const { browser, key } = await aliceIn(world);
      await world.redis.del(key);
      return await delayUntil(async () => (await resolve(world, browser)).kind === "anonymous");
    });
  });
});

describe("with a Redis that reports no changes", () => {
  it("reads every session for every request, and says why", async () => {
    const world = await openSessionWorld({ redis: "embedded" });
    worlds.push(world);
    await world.redis.config("SET", "notify-keyspace-events", "");
    world.proxy.cut();
    await until(
      "it has found out",
      () => world.resolver.health().ok && /by: none \(.*TRACKING.*; keyspace: /.test(world.resolver.health().detail),
      10_000,
    );
    const browser = world.openBrowser();
    await browser.logIn({ id: "alice" });
    const reads = world.reads();
    for (let i = 1; i <= 5; i++) {
      expect(await resolve(world, browser)).toMatchObject({ kind: "user" });
      expect(world.reads()).toBe(reads + i);
    }
  });

  it("never answers a request with what was read before it came", async () => {
    const world = await openSessionWorld({ redis: "embedded", config: { cache: false } });
    worlds.push(world);
    await until("the store can be read", () => world.resolver.health().ok);
    const browser = world.openBrowser();
    const { id } = (await browser.logIn({ id: "alice" })) as { id: string };
    world.proxy.delayAnswers(40);
    const early = resolve(world, browser);
    await until("the answer is on its way", () => world.proxy.heldBack > 0);
    await world.redis.del(`sess:${id}`);
    const [second, third] = [resolve(world, browser), resolve(world, browser)];
    expect(await early).toMatchObject({ kind: "user" });
    expect(await second).toMatchObject({ kind: "anonymous" });
    expect(await third).toMatchObject({ kind: "anonymous" });
    expect(world.reads()).toBe(2);
  });
});
