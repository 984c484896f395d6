import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, openBrowser } from "../doubles/browser.ts";
import { eventually, type Shop, startShop } from "../doubles/start-shop.ts";
import { takesLessThan, timeOf } from "../doubles/takes-less-than.ts";

interface Me {
  readonly user: { readonly id: string; readonly name: string; readonly roles: string[] } | null;
  readonly servedBy: "legacy" | "modern";
}

interface LastRequest {
  readonly lastRequest: { readonly cookieArrived: boolean };
  readonly cookieRequests: number;
}

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.stop());

async function loggedIn(user: string): Promise<Browser> {
  const browser = openBrowser(shop.url);
  expect((await browser.login(user)).status).toBe(303);
  return browser;
}

describe("moving a route", () => {
  it("a flag moves it to modern, the user stays logged in, and back again with the cart intact", async () => {
    const alice = await loggedIn("alice");
    await alice.post("/cart", { sku: "mug", product: "mug", quantity: "1" });
    const cartBefore = (await alice.get("/cart")).text;
    const before = await alice.get("/orders/7");
    expect(before.text).toContain("served by legacy");

    await shop.flip("orders-modern", true);
    const moved = await alice.get("/orders/7");
    expect(moved.text).toContain("served by modern");
    expect(moved.text).toContain("alice");

    await shop.flip("orders-modern", false);
    const back = await alice.get("/orders/7");
    expect(back.text).toContain("served by legacy");
    expect((await alice.get("/cart")).text).toBe(cartBefore);
  });

  it("a flip in flags.json by hand takes effect within a second, without a restart", async () => {
    const bob = await loggedIn("bob");
    const flip = async (isOn: boolean): Promise<void> => {
      const side = isOn ? "modern" : "legacy";
      shop.writeFlags({ "me-modern": isOn });
      await eventually(async () => expect((await bob.get("/api/me")).json<Me>().servedBy).toBe(side));
    };
    await takesLessThan(1_000, async () => {
      const onMs = await timeOf(() => flip(true));
      expect((await bob.get("/api/me")).json<Me>().user).toMatchObject({ id: "bob", name: "bob", roles: ["customer"] });
      const offMs = await timeOf(() => flip(false));
      expect((await bob.get("/api/me")).json<Me>().user).toMatchObject({ id: "bob" });
      return Math.max(onMs, offMs);
    });
  });

  it("modern sees a valid token and no cookie, and the browser sees no token", async () => {
    const carol = await loggedIn("carol");
    await shop.flip("me-modern", true);
    expect((await carol.get("/api/me")).json<Me>()).toMatchObject({
      servedBy: "modern",
      user: { id: "carol", roles: ["support"] },
    });
    const last = (await (await fetch(`${shop.modernUrl}/api/last-request`)).json()) as LastRequest;
    expect(JSON.stringify(last)).toContain("carol");
    expect(last).toMatchObject({ cookieRequests: 0, lastRequest: { cookieArrived: false } });
    expect(shop.complaints).toEqual([]);
    expect(carol.seen.join("\n")).not.toMatch(/eyJ[\w-]+\.eyJ/);
    await shop.flip("me-modern", false);
  });

  it("after a logout on legacy the next request on modern is nobody's", async () => {
    const dave = await loggedIn("dave");
    await shop.flip("me-modern", true);
    expect((await dave.get("/api/me")).json<Me>().user).toMatchObject({ id: "dave" });
    expect((await dave.post("/logout")).status).toBeLessThan(400);
    expect((await dave.get("/api/me")).json<Me>()).toEqual({ user: null, servedBy: "modern" });
    await shop.flip("me-modern", false);
  });
});

describe("who is nobody", () => {
  it.each([
    ["forged", (cookie: string) => cookie.replace(/\..*$/, ".AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")],
    ["truncated", (cookie: string) => cookie.slice(0, -6)],
    ["unsigned", (cookie: string) => decodeURIComponent(cookie).replace(/^s:/, "").replace(/\..*$/, "")],
  ])("a %s cookie", async (_kind, spoil) => {
    await shop.flip("me-modern", true);
    const alice = await loggedIn("alice");
    const cookie = /connect\.sid=([^;]+)/.exec(alice.cookies())?.[1] as string;
    const thief = openBrowser(shop.url);
    thief.setCookie("connect.sid", spoil(cookie));
    expect((await thief.get("/api/me")).json<Me>()).toEqual({ user: null, servedBy: "modern" });
    await shop.flip("me-modern", false);
  });

  it.each([
    { "x-forwarded-user": "dave" },
    { x_figway_side: "modern", "x-figway-user": "dave" },
    { authorization: "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJkYXZlIn0." },
  ])("whoever sends %j", async (headers) => {
    await shop.flip("me-modern", true);
    const stranger = openBrowser(shop.url);
    expect((await stranger.get("/api/me", headers)).json<Me>()).toEqual({ user: null, servedBy: "modern" });
    const alice = await loggedIn("alice");
    expect((await alice.get("/api/me", headers)).json<Me>().user).toMatchObject({ id: "alice" });
    await shop.flip("me-modern", false);
  });
});

it("a session that legacy made before figway started is honoured", async () => {
  const direct = openBrowser(shop.legacyUrl);
  await direct.login("alice");
  await shop.restartGateway();
  await shop.flip("me-modern", true);
  const browser = openBrowser(shop.url);
  browser.setCookie("connect.sid", /connect\.sid=([^;]+)/.exec(direct.cookies())?.[1] as string);
  expect((await browser.get("/api/me")).json<Me>()).toMatchObject({ servedBy: "modern", user: { id: "alice" } });
  await shop.flip("me-modern", false);
});

it("a visitor who is not logged in is sent to log in, and a program is told 401", async () => {
  await shop.flip("account-modern", true);
  const visitor = openBrowser(shop.url);
  const page = await visitor.get("/account", { accept: "text/html" });
  expect([page.status, page.headers.get("location")]).toEqual([303, "/login?next=%2Faccount"]);
  const program = await visitor.get("/account", { accept: "application/json" });
  expect(program.status).toBe(401);
  expect(program.headers.get("content-type")).toBe("application/problem+json");
  await shop.flip("account-modern", false);
});
