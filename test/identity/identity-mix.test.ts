import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Resolution } from "../../src/model/identity.ts";
import { requestOf } from "../contracts/identity-resolver.contract.ts";
import type { AppBrowser, LogoutShape } from "../doubles/session-app.ts";
import { hasRealRedis } from "../doubles/start-redis.ts";
import { until } from "../doubles/until.ts";
import { openSessionWorld, type SessionWorld } from "./identity-worlds.ts";

const BROWSERS = 8;
const ACTIONS_PER_BROWSER = 60;
const USERS = ["alice", "bob", "carol", "dave"];
const LOGOUTS: readonly LogoutShape[] = ["destroy", "unset", "regenerate"];

/** Numbers that come again with the same seed (mulberry32). */
function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Who a browser is, by what its user did; `undefined`: nobody. While an action runs, both before and after may be true. */
interface Person {
  readonly browser: AppBrowser;
  user: string | undefined;
  becoming: string | undefined;
  cookie: string | undefined;
}

const SEED = Number(process.env["SEED"] ?? Math.floor(Math.random() * 2 ** 31));

for (const { title, faults } of [
  { title: "over a network that works", faults: false },
  { title: "over a network that fails", faults: true },
]) {
  describe(`many users at once, ${title} (SEED=${SEED})`, () => {
    let world: SessionWorld;

    beforeAll(async () => {
      world = await openSessionWorld({ redis: hasRealRedis() ? "real" : "embedded" });
      await until("changes are reported", () => /by: (tracking|keyspace)/.test(world.resolver.health().detail));
    });

    afterAll(() => world.close());

    const resolve = async (cookie: string | undefined): Promise<Resolution> =>
      world.resolver.resolve(requestOf(cookie === undefined ? [] : [cookie]));

    const check = (now: Resolution, allowed: readonly (string | undefined)[], when: string) => {
      if (now.kind === "unknown") {
        expect(faults, `${when}: unknown, though nothing fails`).toBe(true);
        return;
      }
      expect(now.kind === "refused", when).toBe(false);
      const subject = now.kind === "user" ? now.subject : undefined;
      expect(allowed, when).toContain(subject);
      // The mark of another user would show in a claim as well.
      if (now.kind === "user") expect(now.claims, when).toEqual({ name: `mark of ${now.subject}` });
    };

    async function act(person: Person, random: (below: number) => number): Promise<void> {
      const { browser } = person;
      const before = requestOf(browser.cookieFields);
      const user = USERS[random(USERS.length)] as string;
      const shape = LOGOUTS[random(LOGOUTS.length)] as LogoutShape;
      const action = random(10);
      if (action < 4) person.becoming = user;
      else if (action < 7) person.becoming = undefined;
      if (action < 4) await browser.logIn({ id: user, name: `mark of ${user}` }, action < 2 ? "kept" : "new");
      else if (action < 7) await browser.logOut(shape);
      else await browser.send(action === 7 ? "POST" : "GET", action === 7 ? "/cart" : "/me");
      const answer = world.resolver.sessions.legacyAnswer(before);
      answer?.began();
      answer?.ended();
      person.user = person.becoming;
      person.cookie = browser.cookie;
    }

    async function live(person: Person, random: (below: number) => number): Promise<void> {
      for (let i = 0; i < ACTIONS_PER_BROWSER; i++) {
        await act(person, random);
        for (let j = random(4); j >= 0; j--) check(await resolve(person.cookie), [person.user], `after action ${i}`);
      }
    }

    /** Asks who people are while they act. */
    async function spy(people: readonly Person[], random: (below: number) => number, isOver: () => boolean) {
      let asked = 0;
      while (!isOver()) {
        const person = people[random(people.length)] as Person;
        const { cookie } = person;
        // An action may begin and end while the answer is on its way.
        const allowed = new Set([person.user, person.becoming, undefined]);
        const resolving = resolve(cookie);
        const now = await resolving;
        if (cookie === person.cookie) check(now, [...allowed, person.user, person.becoming], "while acting");
        if (++asked % 20 === 0) await new Promise((done) => setImmediate(done));
      }
      return asked;
    }

    async function breakThings(random: (below: number) => number, isOver: () => boolean): Promise<void> {
      while (!isOver()) {
        const fault = random(4);
        if (fault === 0) world.proxy.cut();
        else if (fault === 1) world.proxy.delayAnswers(5 + random(40));
        else if (fault === 2) await world.proxy.refuse();
        else world.proxy.blackhole(random(2) === 0 ? "open" : "all");
        await new Promise((done) => setTimeout(done, 20 + random(150)));
        await world.proxy.mend();
        await new Promise((done) => setTimeout(done, 50 + random(300)));
      }
    }

    it("takes nobody for anybody else, and logs nobody out who did not", async () => {
      const people = Array.from(
        { length: BROWSERS },
        (): Person => ({
          browser: world.openBrowser(),
          user: undefined,
          becoming: undefined,
          cookie: undefined,
        }),
      );
      let isOver = false;
      const living = Promise.all(people.map((person, i) => live(person, randomOf(SEED + i)))).finally(() => {
        isOver = true;
      });
      const spying = spy(people, randomOf(SEED + 100), () => isOver);
      const breaking = faults ? breakThings(randomOf(SEED + 200), () => isOver) : undefined;
      const [, asked] = await Promise.all([living, spying, breaking]);
      expect(asked).toBeGreaterThan(50);
      await world.proxy.mend();
      await until("the store can be read", () => world.resolver.health().ok);
      for (const person of people) {
        await until("everybody is known again", async () => (await resolve(person.cookie)).kind !== "unknown");
        check(await resolve(person.cookie), [person.user], "in the end");
      }
    });
  });
}
