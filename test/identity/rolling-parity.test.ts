import type { SessionOptions } from "express-session";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { UserIdentity } from "../../src/model/identity.ts";
import { requestOf } from "../contracts/identity-resolver.contract.ts";
import { APP_SECRET, AppBrowser, type SessionApp, startSessionApp } from "../doubles/session-app.ts";
import { until } from "../doubles/until.ts";
import { openSessionWorld, type SessionWorld } from "./identity-worlds.ts";

let world: SessionWorld;

beforeAll(async () => {
  world = await openSessionWorld({
    redis: "embedded",
    config: { rolling: true, secrets: [APP_SECRET, "an older one"] },
  });
  await until("the store can be read", () => world.resolver.health().ok);
});

afterAll(() => world.close());

const COOKIES: readonly SessionOptions["cookie"][] = [
  {},
  { maxAge: 1_800_000 },
  { maxAge: 60_000, path: "/", domain: "shop.example", sameSite: "lax", httpOnly: false },
  { secure: true, sameSite: "none", partitioned: true, priority: "high" },
  { sameSite: true, secure: "auto" },
  { sameSite: false },
];

/** Set-Cookie with its moment rounded, since two clocks are read. */
function rounded(setCookie: string | null | undefined): string | undefined {
  return setCookie?.replace(/Expires=([^;]+)/, (_, date) => `Expires=${Math.round(Date.parse(date) / 10_000)}`);
}

it("renews the cookie with exactly the Set-Cookie of an express-session that rolls", async () => {
  for (const cookie of COOKIES) {
    const app: SessionApp = await startSessionApp({
      redisUrl: world.redisServer.url,
      session: { rolling: true, proxy: true, ...(cookie === undefined ? {} : { cookie }) },
    });
    const login = await fetch(`${app.url}/login`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-forwarded-proto": "https" },
      body: '{"id":"alice"}',
    });
    // express-session holds back the last byte until the session is saved.
    await login.text();
    const browser = new AppBrowser(app);
    browser.cookie = login.headers.getSetCookie()[0]?.split(";")[0];
    const user = (await world.resolver.resolve(requestOf(browser.cookieFields))) as UserIdentity;
    expect(user.kind).toBe("user");
    const me = await fetch(`${app.url}/me`, {
      headers: { cookie: browser.cookie as string, "x-forwarded-proto": "https" },
    });
    const ours = world.resolver.sessions.renewedCookie?.(user, "https");
    expect(rounded(ours)).toBe(rounded(me.headers.get("set-cookie")));
    expect(ours).toContain("connect.sid=s%3A");
    const plain = await fetch(`${app.url}/me`, { headers: { cookie: browser.cookie as string } });
    expect(world.resolver.sessions.renewedCookie?.(user, "http") === undefined).toBe(
      plain.headers.get("set-cookie") === null,
    );
    await app.close();
  }
});

it("renews nothing where legacy does not roll, or for a session that it does not know", async () => {
  const still = await openSessionWorld({ redis: "embedded" });
  await until("the store can be read", () => still.resolver.health().ok);
  const browser = still.openBrowser();
  await browser.logIn({ id: "alice" });
  const user = (await still.resolver.resolve(requestOf(browser.cookieFields))) as UserIdentity;
  expect(still.resolver.sessions.renewedCookie?.(user, "http")).toBeUndefined();
  expect(world.resolver.sessions.renewedCookie?.({ ...user, sessionHandle: "of no session" }, "http")).toBeUndefined();
  await still.close();
});
