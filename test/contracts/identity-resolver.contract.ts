import { createHash } from "node:crypto";
import { array, assert, asyncProperty, string } from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Identity, IdentityResolver, Resolution, ResolveRequest, UserIdentity } from "../../src/model/identity.ts";
import type { AppBrowser, LogoutShape } from "../doubles/session-app.ts";
import { takesLessThan, timeOf } from "../doubles/takes-less-than.ts";
import { until } from "../doubles/until.ts";

/**
 * A resolver in front of a legacy application whose users have an id at `/user/id`, and, allowed to leave it, `name` and `roles`.
 */
export interface IdentityWorld {
  readonly resolver: IdentityResolver;
  openBrowser(): AppBrowser;
  /** How often the resolver asked its store so far. */
  reads(): number;
  /** The store refuses connections, or takes them and says nothing. */
  breakStore(how: "refused" | "silent"): Promise<void>;
  mendStore(): Promise<void>;
  close(): Promise<void>;
}

/** `unknown` must come while a browser still waits patiently. */
const UNKNOWN_WITHIN_MS = 1_500;
const BACK_WITHIN_MS = 2_000;
const ALICE = { id: "alice", name: "Alice", roles: ["customer"], secretNote: "not for anybody" };
const BOB = { id: "bob", name: "Bob", roles: ["customer", "support"] };
const LOGOUTS: readonly LogoutShape[] = ["destroy", "unset", "regenerate"];

export function requestOf(cookieFields: readonly string[]): ResolveRequest {
  return { cookieFields, scheme: "http", host: "shop.example", clientAddress: "127.0.0.1" };
}

/** What every resolver must do, whatever it reads. */
export function describeIdentityResolver(title: string, open: () => Promise<IdentityWorld>): void {
  describe(title, () => {
    let world: IdentityWorld;

    beforeAll(async () => {
      world = await open();
      await until("the resolver can read its store", () => world.resolver.health().ok);
    });

    afterAll(() => world.close());

    const resolve = async (browser: { cookieFields: string[] }): Promise<Resolution> =>
      world.resolver.resolve(requestOf(browser.cookieFields));

    const userOf = async (browser: AppBrowser): Promise<UserIdentity> => {
      const resolution = await resolve(browser);
      expect(resolution).toMatchObject({ kind: "user" });
      return resolution as UserIdentity;
    };

    /** What the pipeline does around a request that legacy answers. */
    const throughFigway = async (browser: AppBrowser, act: () => Promise<unknown>): Promise<void> => {
      const request = requestOf(browser.cookieFields);
      await act();
      const answer = world.resolver.sessions?.legacyAnswer(request);
      answer?.began();
      answer?.ended();
    };

    const loggedIn = async (user: typeof ALICE | typeof BOB = ALICE): Promise<AppBrowser> => {
      const browser = world.openBrowser();
      await browser.logIn(user);
      return browser;
    };

    describe("who it is", () => {
      it("leaves a request without a credential of its kind to the next resolver", async () => {
        for (const cookieFields of [[], [""], ["other=1"], ["a=1; b=2", "c=3"]]) {
          expect(await resolve({ cookieFields })).toEqual({ kind: "not-mine" });
        }
      });

      it("names the user that logged in at legacy, with the allowed claims and no others", async () => {
        const browser = await loggedIn();
        const user = await userOf(browser);
        expect(user).toMatchObject({ subject: "alice", claims: { name: "Alice", roles: ["customer"] } });
        expect(Object.keys(user.claims)).toEqual(["name", "roles"]);
        expect(JSON.stringify(user)).not.toContain("not for anybody");
      });

      it("names a user whose id is a number by that number", async () => {
        const browser = world.openBrowser();
        await browser.logIn({ id: 42 });
        expect(await userOf(browser)).toMatchObject({ subject: "42", claims: {} });
      });

      it("gives the session a handle that does not betray its id", async () => {
        const browser = world.openBrowser();
        const { id } = (await browser.logIn(ALICE)) as { id: string };
        const { sessionHandle } = await userOf(browser);
        expect(sessionHandle).not.toContain(id);
        expect(id).not.toContain(sessionHandle);
        expect(sessionHandle).not.toBe(
          createHash("sha256").update(id).digest("base64url").slice(0, sessionHandle.length),
        );
        expect(world.resolver.sessions?.handleOf(requestOf(browser.cookieFields))).toBe(sessionHandle);
      });

      it("keeps two sessions apart, even of the same user", async () => {
        const [first, second] = [await userOf(await loggedIn()), await userOf(await loggedIn())];
        expect(first.sessionHandle).not.toBe(second.sessionHandle);
        expect(first.fingerprint).not.toBe(second.fingerprint);
      });

      it("gives the same fingerprint for as long as nothing changes", async () => {
        const browser = await loggedIn();
        const first = await userOf(browser);
        await throughFigway(browser, () => browser.send("GET", "/me"));
        expect((await userOf(browser)).fingerprint).toBe(first.fingerprint);
      });

      it("calls a visitor with a cart but without a login anonymous", async () => {
        const browser = world.openBrowser();
        await browser.send("POST", "/cart");
        expect(await resolve(browser)).toMatchObject({ kind: "anonymous" });
      });

      it("takes a changed cookie for nobody's", async () => {
        const browser = await loggedIn();
        const cookie = browser.cookie as string;
        const last = cookie.at(-2) === "A" ? "B" : "A";
        for (const forged of [
          cookie.slice(0, -2) + last + cookie.slice(-1),
          cookie.replace("s%3A", "s%3Ax"),
          cookie.replace("s%3A", ""),
          cookie.slice(0, -10),
        ]) {
          expect(await resolve({ cookieFields: [forged] })).toMatchObject({ kind: "anonymous" });
        }
      });

      it("answers whatever is sent as a cookie with a resolution", async () => {
        const kinds = new Set(["user", "anonymous", "refused", "unknown", "not-mine"]);
        await assert(
          asyncProperty(array(string({ unit: "binary" }), { maxLength: 3 }), async (values) => {
            const cookieFields = values.map((value) => `connect.sid=${value}`);
            expect(kinds).toContain((await resolve({ cookieFields })).kind);
          }),
          { numRuns: 50 },
        );
      });
    });

    describe("what changes", () => {
      for (const shape of LOGOUTS) {
        it(`calls the user anonymous on the request after a logout that does "${shape}"`, async () => {
          const browser = await loggedIn();
          await userOf(browser);
          const before = browser.cookieFields;
          await throughFigway(browser, () => browser.logOut(shape));
          expect(await resolve({ cookieFields: before })).toMatchObject({ kind: "anonymous" });
          expect(await resolve(browser)).toMatchObject({ kind: "anonymous" });
        });
      }

      it("knows who logged in under a session that was anonymous until now", async () => {
        const browser = world.openBrowser();
        await browser.send("POST", "/cart");
        expect(await resolve(browser)).toMatchObject({ kind: "anonymous" });
        await throughFigway(browser, () => browser.logIn(ALICE));
        expect(await userOf(browser)).toMatchObject({ subject: "alice" });
      });

      it("never names the former user after another one logged in under the same cookie", async () => {
        const browser = await loggedIn();
        const alice = await userOf(browser);
        for (const user of [BOB, ALICE, BOB]) {
          await throughFigway(browser, () => browser.logIn(user));
          const now = await userOf(browser);
          expect(now.subject).toBe(user.id);
          expect(now.fingerprint === alice.fingerprint).toBe(user === ALICE);
        }
      });

      it("gives another fingerprint when a claim changes", async () => {
        const browser = await loggedIn();
        const before = await userOf(browser);
        await throughFigway(browser, () => browser.logIn({ ...ALICE, roles: ["customer", "admin"] }));
        const after = await userOf(browser);
        expect(after.claims).toMatchObject({ roles: ["customer", "admin"] });
        expect(after.fingerprint).not.toBe(before.fingerprint);
        expect(after.sessionHandle).toBe(before.sessionHandle);
      });

      it("tells whoever watches a session that it has ended, once and within a second", async () => {
        await takesLessThan(1_000, async () => {
          const browser = await loggedIn();
          const told: Identity[] = [];
          world.resolver.sessions?.watch(await userOf(browser), (now) => told.push(now));
          await throughFigway(browser, () => browser.send("GET", "/me"));
          await userOf(browser);
          expect(told).toEqual([]);
          await throughFigway(browser, () => browser.logOut("destroy"));
          const tookMs = await timeOf(() => until("the watcher was told", () => told.length > 0));
          await throughFigway(browser, () => browser.send("GET", "/me"));
          expect(told).toMatchObject([{ kind: "anonymous" }]);
          return tookMs;
        });
      });

      it("tells whoever watches a session that another user has it now", async () => {
        const browser = await loggedIn();
        const told: Identity[] = [];
        world.resolver.sessions?.watch(await userOf(browser), (now) => told.push(now));
        await throughFigway(browser, () => browser.logIn(BOB));
        await until("the watcher was told", () => told.length > 0);
        expect(told).toMatchObject([{ kind: "user", subject: "bob" }]);
      });
    });

    describe("what it costs", () => {
      it("asks the store a few times for many requests of one session at once", async () => {
        const browser = await loggedIn();
        const before = world.reads();
        const resolutions = await Promise.all(Array.from({ length: 200 }, () => resolve(browser)));
        expect(new Set(resolutions.map((one) => (one as UserIdentity).subject))).toEqual(new Set(["alice"]));
        expect(world.reads() - before).toBeLessThanOrEqual(2);
      });

      it("takes a keep-alive for any identity without a word", async () => {
        const user = await userOf(await loggedIn());
        const identities: Identity[] = [
          user,
          { ...user, sessionHandle: "of no session" },
          { kind: "anonymous", reason: "no-session", sessionHandle: undefined },
          { kind: "anonymous", reason: "no-subject", sessionHandle: "of no session" },
          { kind: "unknown", cause: "none" },
          { kind: "refused", reason: "conflicting-sessions" },
        ];
        for (const identity of identities) expect(world.resolver.keepAlive(identity)).toBeUndefined();
      });
    });

    describe("when the store fails", () => {
      for (const how of ["refused", "silent"] as const) {
        it(`says "unknown" soon, never "anonymous", while the store is ${how}; and the user when it is back`, async () => {
          const browser = await loggedIn();
          const user = await userOf(browser);
          await world.breakStore(how);
          const brokenAtMs = performance.now();
          // What was remembered may be answered for as long as it was proven; then nothing may be but "unknown".
          let lastKnownMs = 0;
          await until("nobody knows", async () => {
            const askedAtMs = performance.now();
            const { kind } = await resolve(browser);
            expect(["user", "unknown"]).toContain(kind);
            if (kind === "user") lastKnownMs = askedAtMs - brokenAtMs;
            return kind === "unknown";
          });
          expect(lastKnownMs).toBeLessThan(UNKNOWN_WITHIN_MS + 2_000);
          await takesLessThan(20 * 250, () =>
            timeOf(async () => {
              for (let i = 0; i < 20; i++) expect(await resolve(browser)).toMatchObject({ kind: "unknown" });
            }),
          );
          await until("its health says so", () => !world.resolver.health().ok);
          let attempts = 0;
          await takesLessThan(BACK_WITHIN_MS, async () => {
            if (++attempts > 1) {
              await world.breakStore(how);
              await until("nobody knows", async () => (await resolve(browser)).kind === "unknown");
            }
            await world.mendStore();
            return await timeOf(() =>
              until("the user is known again", async () => (await resolve(browser)).kind === "user"),
            );
          });
          expect((await userOf(browser)).fingerprint).toBe(user.fingerprint);
          expect(world.resolver.health().ok).toBe(true);
        });
      }

      it("answers a request that is under way when the store goes silent", async () => {
        await takesLessThan(UNKNOWN_WITHIN_MS, async () => {
          const browser = await loggedIn();
          await world.breakStore("silent");
          const startedAtMs = performance.now();
          const { kind } = await resolve(browser);
          const tookMs = performance.now() - startedAtMs;
          expect(kind).toBe("unknown");
          await world.mendStore();
          await until("the user is known again", async () => (await resolve(browser)).kind === "user");
          return tookMs;
        });
      });
    });

    it("answers, rather than hang, once it is closed", async () => {
      const other = await open();
      await until("the resolver can read its store", () => other.resolver.health().ok);
      const browser = other.openBrowser();
      await browser.logIn(ALICE);
      await other.resolver.close();
      expect(await other.resolver.resolve(requestOf(browser.cookieFields))).toMatchObject({ kind: "unknown" });
      await other.close();
    });
  });
}
