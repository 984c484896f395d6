import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { FlagChangeError } from "../../src/flags/flag-change-error.ts";
import type { FlagChange, FlagLog, FlagSource } from "../../src/flags/flag-source.ts";
import type { FlagDefinition } from "../../src/flags/flags-file-schema.ts";
import type { FlagContext } from "../../src/model/decision.ts";
import { rolloutNumber } from "../doubles/rollout-number.ts";
import { takesLessThan, timeOf } from "../doubles/takes-less-than.ts";

/** A place where flags live, as a person works with it: flags.json in an editor, Unleash through its own API. */
export interface FlagPlace {
  /** Opens a source over this place. The contract closes it. */
  open(log: FlagLog): Promise<FlagSource>;
  /** Makes or replaces flags by hand, past any open source. */
  put(flags: Readonly<Record<string, FlagDefinition>>): Promise<void>;
  /** Takes the place away, as when a file is deleted or a server dies. */
  takeAway(): Promise<void>;
  /** Brings it back with the same flags. */
  bringBack(): Promise<void>;
  close(): Promise<void>;
}

export interface FlagSourceContract {
  readonly openPlace: () => Promise<FlagPlace>;
  /** The longest time from a flip by hand to its effect, in milliseconds. */
  readonly flipWithinMs: number;
  /** How long it may take to be noticed that the place is gone, or back, on a busy machine, in milliseconds. */
  readonly noticedWithinMs: number;
}

const FLAGS: Readonly<Record<string, FlagDefinition>> = {
  "always-on": true,
  "always-off": false,
  "flipped-by-hand": false,
  "set-by-figway": false,
  quarter: { percent: 25 },
  "quarter-by-default": { percent: 25, stickiness: "default" },
  "half-by-user": { percent: 50, stickiness: "userId" },
  "all-buckets": { percent: 100 },
  "no-buckets": { percent: 0 },
  "two-users": { users: ["u1", "u,2"] },
  "quarter-and-users": { percent: 25, users: ["u1", "u2"] },
  "gold-plan": { constraints: [{ contextName: "plan", operator: "IN", values: ["gold", "platinum"] }] },
  "not-from-abroad": {
    constraints: [
      { contextName: "country", operator: "IN", values: ["ch"] },
      { contextName: "plan", operator: "STR_STARTS_WITH", values: ["GO"], caseInsensitive: true, inverted: true },
      { contextName: "age", operator: "NUM_GTE", value: "18" },
    ],
  },
};

const BUCKETS = Array.from({ length: 200 }, (_, index) => `bucket-${index}`);

/** Every source of flags passes this, with one and the same set of flags and answers. */
export function describeFlagSource(name: string, contract: FlagSourceContract): void {
  describe(`${name} as a flag source`, () => {
    let place: FlagPlace;
    let source: FlagSource;
    const logged: string[] = [];
    const changes: FlagChange[] = [];
    const log: FlagLog = (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields)}`);

    beforeAll(async () => {
      place = await contract.openPlace();
      await place.put(FLAGS);
      source = await place.open(log);
      await until(() => Object.keys(FLAGS).every((flag) => source.evaluate(flag, context()) !== "unknown"), 10_000);
      source.onChange((changed) => changes.push(...changed));
    });
    afterEach(() => changes.splice(0));
    afterAll(async () => {
      await source?.close();
      await place?.close();
    });

    it("answers on, off, and unknown for a flag that is not there", () => {
      expect(source.evaluate("always-on", context())).toBe("on");
      expect(source.evaluate("always-off", context())).toBe("off");
      for (const name of ["no-such-flag", "constructor", "__proto__", "$schema", ""]) {
        expect(source.evaluate(name, context())).toBe("unknown");
      }
    });

    it("turns a flag on for exactly the listed users", () => {
      expect(source.evaluate("two-users", context({ userId: "u1" }))).toBe("on");
      expect(source.evaluate("two-users", context({ userId: "u,2" }))).toBe("on");
      for (const userId of ["u", "2", "u2", undefined]) {
        expect(source.evaluate("two-users", context({ userId }))).toBe("off");
      }
    });

    it("turns 25 % on for the buckets that Unleash's published formula names, whoever the user is", () => {
      const expected = BUCKETS.map((bucket) => (rolloutNumber("quarter", bucket) <= 25 ? "on" : "off"));
      expect(expected.filter((answer) => answer === "on").length).toBeGreaterThan(30);
      const anonymous = BUCKETS.map((bucket) => source.evaluate("quarter", context({ bucket })));
      expect(anonymous).toEqual(expected);
      const known = BUCKETS.map((bucket, index) =>
        source.evaluate("quarter", context({ bucket, userId: `u${index}` })),
      );
      expect(known).toEqual(expected);
    });

    it("lets users in beside a percentage", () => {
      const expected = BUCKETS.map((bucket) => (rolloutNumber("quarter-and-users", bucket) <= 25 ? "on" : "off"));
      expect(BUCKETS.map((bucket) => source.evaluate("quarter-and-users", context({ bucket, userId: "u3" })))).toEqual(
        expected,
      );
      expect(
        BUCKETS.every((bucket) => source.evaluate("quarter-and-users", context({ bucket, userId: "u2" })) === "on"),
      ).toBe(true);
    });

    it("computes a percentage from the field that the flag names", () => {
      const users = BUCKETS.map((_, index) => `user-${index}`);
      const expected = users.map((userId) => (rolloutNumber("half-by-user", userId) <= 50 ? "on" : "off"));
      expect(users.map((userId) => source.evaluate("half-by-user", context({ userId })))).toEqual(expected);
      expect(source.evaluate("half-by-user", context())).toBe("off");
    });

    it("says off rather than guess where a percentage of buckets is asked without a bucket", () => {
      const answers = BUCKETS.map((_, index) =>
        source.evaluate("quarter", context({ bucket: undefined, userId: `u${index}` })),
      );
      expect(new Set(answers)).toEqual(new Set(["off"]));
    });

    it("keeps an anonymous visitor on one side by the bucket where a flag has Unleash's default stickiness", () => {
      for (const bucket of BUCKETS) {
        const expected = rolloutNumber("quarter-by-default", bucket) <= 25 ? "on" : "off";
        for (let i = 0; i < 3; i++) expect(source.evaluate("quarter-by-default", context({ bucket }))).toBe(expected);
      }
    });

    it("is on at 100 % and off at 0 % with a bucket and without", () => {
      for (const bucket of ["b1", undefined]) {
        expect(source.evaluate("all-buckets", context({ bucket }))).toBe("on");
        expect(source.evaluate("no-buckets", context({ bucket }))).toBe("off");
      }
    });

    it("checks constraints on properties, all of them", () => {
      expect(source.evaluate("gold-plan", context({ properties: { plan: "gold" } }))).toBe("on");
      expect(source.evaluate("gold-plan", context({ properties: { plan: "tin" } }))).toBe("off");
      expect(source.evaluate("gold-plan", context())).toBe("off");
      const swiss = { country: "ch", plan: "tin", age: "18" };
      expect(source.evaluate("not-from-abroad", context({ properties: swiss }))).toBe("on");
      expect(source.evaluate("not-from-abroad", context({ properties: { ...swiss, age: "17" } }))).toBe("off");
      expect(source.evaluate("not-from-abroad", context({ properties: { ...swiss, plan: "gold" } }))).toBe("off");
      expect(source.evaluate("not-from-abroad", context({ properties: { ...swiss, country: "fr" } }))).toBe("off");
    });

    it("lets no property pose as the bucket or the user", () => {
      const inside = BUCKETS.find((bucket) => rolloutNumber("quarter", bucket) <= 25) as string;
      const outside = BUCKETS.find((bucket) => rolloutNumber("quarter", bucket) > 25) as string;
      expect(source.evaluate("quarter", context({ bucket: outside, properties: { bucket: inside } }))).toBe("off");
      expect(source.evaluate("two-users", context({ userId: "u9", properties: { userId: "u1" } }))).toBe("off");
    });

    it("knows which flags need a bucket, and which can be on for anybody", () => {
      const needing = Object.keys(FLAGS).filter((flag) => source.needsBucket(flag));
      expect(needing).toEqual(["quarter", "quarter-by-default", "quarter-and-users"]);
      const never = Object.keys(FLAGS).filter((flag) => !source.mayBeOn(flag));
      expect(never).toEqual(["always-off", "flipped-by-hand", "set-by-figway", "no-buckets"]);
      expect(source.needsBucket("no-such-flag") || source.mayBeOn("no-such-flag")).toBe(false);
    });

    it("lists its flags in plain words", () => {
      const summaries = Object.fromEntries(source.list().map((flag) => [flag.name, flag.summary]));
      expect(summaries).toMatchObject({
        "always-on": "on",
        "always-off": "off",
        quarter: "25 % of buckets",
        "half-by-user": "50 % of users",
        "all-buckets": "on",
        "two-users": "users u1, u,2",
        "quarter-and-users": "25 % of buckets; users u1, u2",
        "gold-plan": "everyone where plan IN gold, platinum",
      });
      expect(source.list().find((flag) => flag.name === "no-buckets")).toMatchObject({ enabled: false });
    });

    it("says that it is loaded, from where, and how fresh", () => {
      expect(source.status()).toMatchObject({ loaded: true, loadedFrom: "source", lastError: undefined });
      expect(source.status().ageMs).toBeLessThan(60_000);
      expect(source.status().revision).toMatch(/^\S+$/);
    });

    it("sees a flip made by hand, and tells what it was before and is after", async () => {
      const revision = source.status().revision;
      await takesLessThan(contract.flipWithinMs, async () => {
        if (source.evaluate("flipped-by-hand", context()) === "on") {
          await place.put({ "flipped-by-hand": false });
          await until(() => source.evaluate("flipped-by-hand", context()) === "off", 10_000);
          changes.splice(0);
        }
        await place.put({ "flipped-by-hand": { percent: 100, users: ["u1"] } });
        const tookMs = await timeOf(() => until(() => source.evaluate("flipped-by-hand", context()) === "on", 10_000));
        expect(changes).toEqual([{ flag: "flipped-by-hand", before: "off", after: "on" }]);
        return tookMs;
      });
      expect(source.status().revision).not.toBe(revision);
    });

    it("sets a flag on, to a percentage and off in turn, each in force when its promise resolves", async () => {
      await source.set("set-by-figway", true);
      expect(source.evaluate("set-by-figway", context())).toBe("on");
      await Promise.all([source.set("set-by-figway", { percent: 10 }), source.set("set-by-figway", { percent: 40 })]);
      const expected = BUCKETS.map((bucket) => (rolloutNumber("set-by-figway", bucket) <= 40 ? "on" : "off"));
      expect(BUCKETS.map((bucket) => source.evaluate("set-by-figway", context({ bucket })))).toEqual(expected);
      expect(source.needsBucket("set-by-figway")).toBe(true);
      await source.set("set-by-figway", false);
      expect(source.evaluate("set-by-figway", context())).toBe("off");
      expect(changes.map(({ before, after }) => `${before} → ${after}`)).toEqual([
        "off → on",
        "on → 10 % of buckets",
        "10 % of buckets → 40 % of buckets",
        "40 % of buckets → off",
      ]);
    });

    it("keeps the users of a flag when its percentage is set, and its rules when it is turned off", async () => {
      await source.set("quarter-and-users", { percent: 30 });
      expect(source.list().find(({ name }) => name === "quarter-and-users")?.summary).toBe(
        "30 % of buckets; users u1, u2",
      );
      await source.set("quarter-and-users", false);
      expect(source.evaluate("quarter-and-users", context({ userId: "u1" }))).toBe("off");
      await source.set("quarter-and-users", { percent: 25 });
      expect(source.list().find(({ name }) => name === "quarter-and-users")?.summary).toBe(
        "25 % of buckets; users u1, u2",
      );
    });

    it("refuses a percentage that is none, and changes nothing", async () => {
      for (const percent of [-1, 101, 2.5, Number.NaN]) {
        await expect(source.set("quarter", { percent })).rejects.toThrow(FlagChangeError);
      }
      expect(source.list().find(({ name }) => name === "quarter")?.summary).toBe("25 % of buckets");
    });

    it("goes on telling of changes when one listener throws, and tells nobody who has left", async () => {
      const heard: string[] = [];
      const stops = [
        source.onChange(() => {
          throw new Error("a listener's mistake");
        }),
        source.onChange((changed) => heard.push(...changed.map(({ flag, after }) => `${flag} ${after}`))),
      ];
      source.onChange(() => heard.push("heard by one who left"))();
      await source.set("set-by-figway", true);
      for (const stop of stops) stop();
      expect(heard).toEqual(["set-by-figway on"]);
      expect(logged.join("\n")).toContain("a listener's mistake");
    });

    it("keeps its answers when the place of its flags is gone, says so once, and goes on when it is back", async () => {
      logged.splice(0);
      await place.takeAway();
      await until(() => source.status().lastError !== undefined, contract.noticedWithinMs);
      expect(source.evaluate("always-on", context())).toBe("on");
      expect(source.evaluate("quarter-and-users", context({ userId: "u1" }))).toBe("on");
      expect(source.status()).toMatchObject({ loaded: true, loadedFrom: "source" });
      await expect(source.set("always-off", true)).rejects.toThrow(FlagChangeError);
      expect(source.evaluate("always-off", context())).toBe("off");
      await place.bringBack();
      await until(() => source.status().lastError === undefined, contract.noticedWithinMs);
      expect(changes).toEqual([]);
      expect(logged.filter((line) => !line.startsWith("debug")).map((line) => line.split(" ", 1)[0])).toEqual([
        expect.stringMatching(/^(?:warn|error)$/),
        "info",
      ]);
      await place.put({ "always-off": true });
      await until(() => source.evaluate("always-off", context()) === "on", 10_000);
    });

    it("still answers after it was closed, and leaves no timer, watcher or connection", async () => {
      const before = activeResources();
      const other = await place.open(() => undefined);
      expect(other.evaluate("always-on", context())).toBe("on");
      await other.close();
      await until(() => activeResources().length <= before.length, 5_000);
      expect(other.evaluate("always-on", context())).toBe("on");
      await expect(other.set("always-on", false)).rejects.toThrow(FlagChangeError);
      await other.close();
    });
  });
}

/** What a request looks like to a flag. A bucket of its own is part of it unless the test says otherwise. */
export function context(parts: Partial<FlagContext> = {}): FlagContext {
  return {
    userId: undefined,
    bucket: "bucket-x",
    sessionId: undefined,
    remoteAddress: "127.0.0.1",
    properties: {},
    ...parts,
  };
}

export async function until(condition: () => boolean, withinMs: number): Promise<void> {
  const deadline = performance.now() + withinMs;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not so within ${withinMs} ms: ${condition}`);
    await sleep(10);
  }
}

/** The kinds of resources that would keep something going; this process's own channel to the test runner comes and goes. */
function activeResources(): string[] {
  return process.getActiveResourcesInfo().filter((kind) => kind !== "PipeWrap" && kind !== "Immediate");
}
