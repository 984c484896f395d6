import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { findChromium, HOW_TO_GET_CHROMIUM } from "../../tools/find-chromium.ts";
import { type Browser as Visitor, openBrowser } from "../doubles/browser.ts";
import { type Shop, startShop } from "../doubles/start-shop.ts";
import { callAdmin } from "./call-admin.ts";

const TOKEN = "a token of the tests";
const executablePath = findChromium();
const isCi = !["", "0", "false", undefined].includes(process.env["CI"]);
if (executablePath === undefined) {
  if (isCi) throw new Error(`The dashboard's test ${HOW_TO_GET_CHROMIUM}.`);
  console.warn(`SKIPPED: the dashboard in a browser ${HOW_TO_GET_CHROMIUM}.`);
}
const QUIET = [
  "disable-gpu",
  "disable-background-networking",
  "disable-component-update",
  "disable-sync",
  "no-first-run",
];

describe.skipIf(executablePath === undefined)(`the dashboard in a browser (${HOW_TO_GET_CHROMIUM})`, () => {
  let shop: Shop;
  let chromiumBrowser: Browser;
  let alice: Visitor;
  const complaints: string[] = [];
  let page: Page;

  beforeAll(async () => {
    shop = await startShop({ environment: { FIGWAY_ADMIN_TOKEN: TOKEN } });
    const args = ["no-sandbox", ...QUIET].map((name) => `--${name}`);
    chromiumBrowser = await chromium.launch({ ...(executablePath === undefined ? {} : { executablePath }), args });
    alice = openBrowser(shop.url);
    await alice.login("alice");
  });
  afterAll(async () => {
    await chromiumBrowser?.close();
    await shop?.stop();
  });
  afterEach(async () => {
    await page.close();
    expect(complaints.splice(0)).toEqual([]);
  });

  /** Signed in. What the page's own script or the browser complains of is gathered, but for the 401 that the sign-in is. */
  async function openDashboard(options: { width?: number; token?: string } = {}): Promise<void> {
    page = await chromiumBrowser.newPage({ viewport: { width: options.width ?? 1280, height: 900 } });
    page.setDefaultTimeout(10_000);
    page.on("pageerror", (error) => complaints.push(String(error)));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("401")) complaints.push(message.text());
    });
    page.on("request", (request) => {
      if (!request.url().startsWith(shop.adminUrl)) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(shop.adminUrl);
    await page.getByLabel("Admin token").fill(options.token ?? TOKEN);
    await page.keyboard.press("Enter");
  }

  const card = (route: string) => page.locator(`[data-route="${route}"].route`);
  const feed = () => page.getByRole("list", { name: /Requests as they are answered/ });
  const audit = async (): Promise<Record<string, unknown> | undefined> => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const reply = await callAdmin(shop.adminUrl, "GET", "/api/audit", { headers });
    return reply.json<{ records: Record<string, unknown>[] }>().records[0];
  };

  /** Answers the dialog: who, why, and its own button. */
  async function confirm(who: string, why: string, button: string): Promise<void> {
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Your name").fill(who);
    await dialog.getByLabel("Why").fill(why);
    await dialog.getByRole("button", { name: button }).click();
    await dialog.waitFor({ state: "hidden" });
  }

  it("a wrong token is told and nothing is shown; the right one is kept for the tab", async () => {
    await openDashboard({ token: "guessed" });
    await page.getByText("That is not the token.").waitFor();
    expect(await page.locator("#dashboard").isVisible()).toBe(false);
    await page.getByLabel("Admin token").fill(TOKEN);
    await page.getByRole("button", { name: "Sign in" }).click();
    await card("orders").waitFor();
    await page.reload();
    await card("orders").waitFor();
    expect(page.url()).not.toContain(encodeURIComponent(TOKEN));
    await page.getByRole("button", { name: "Sign out" }).click();
    await page.getByLabel("Admin token").waitFor();
  });

  it("the switch moves a route, and the live feed shows it move, with the trail saying who and why", async () => {
    await openDashboard();
    const toggle = card("account").getByRole("switch", { name: "account-modern" });
    expect(await toggle.isChecked()).toBe(false);
    await feed().getByText("Nothing yet").waitFor();
    await alice.get("/account?token=secret");
    const row = feed().locator('li[data-route="account"]').first();
    await row.getByText("flag-off account-modern").waitFor();
    expect(await row.innerText()).toMatch(/legacy\s+GET \/account\s+200/);

    await toggle.click();
    await confirm("dora", "the first page", "Turn on");
    await card("account").getByText("modern: flag account-modern is on").waitFor();
    expect(await toggle.isChecked()).toBe(true);
    await alice.get("/account");
    await row.getByText("flag-on account-modern").waitFor();
    expect(await row.innerText()).toMatch(/modern\s+GET \/account\s+200/);
    expect(await row.innerText()).toContain("alice");
    expect(await page.content()).not.toContain("secret");
    expect(await audit()).toMatchObject({
      actor: "dora",
      target: "account-modern",
      after: "on",
      why: "the first page",
    });
    await page.getByRole("cell", { name: "the first page" }).waitFor();
  });

  it("a dialog that is cancelled changes nothing, and the switch shows what is", async () => {
    await openDashboard();
    const toggle = card("ticker").getByRole("switch");
    await toggle.click();
    await page.getByRole("dialog").waitFor();
    await page.keyboard.press("Escape");
    await page.getByRole("dialog").waitFor({ state: "hidden" });
    expect(await toggle.isChecked()).toBe(false);
    expect(await card("ticker").innerText()).toContain("legacy: flag ticker-modern is off");
  });

  it("back to legacy asks why, holds the route, and resume lets it go", async () => {
    await shopFlag("catalog-modern", true);
    await openDashboard();
    const visitor = openBrowser(shop.url);
    await card("catalog").getByText("modern: flag catalog-modern is on").waitFor();
    await card("catalog").getByRole("button", { name: "Back to legacy" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Your name").fill("erin");
    await dialog.getByRole("button", { name: "Back to legacy" }).click();
    expect(await dialog.isVisible(), "a rollback without a reason").toBe(true);
    await confirm("erin", "prices differ", "Back to legacy");
    expect((await visitor.get("/catalog")).text).toContain("served by legacy");
    await page
      .locator("#alerts")
      .getByText(/catalog is held on legacy by erin/)
      .waitFor();
    expect(await card("catalog").innerText()).toContain("prices differ");

    await card("catalog").getByRole("button", { name: "Resume" }).click();
    expect(await dialog.getByLabel("Your name").inputValue(), "the name is remembered").toBe("erin");
    await confirm("erin", "", "Resume");
    expect((await visitor.get("/catalog")).text).toContain("served by modern");
    await page
      .locator("#alerts")
      .getByText(/held on legacy/)
      .waitFor({ state: "detached" });
  });

  it("a share is set by keyboard alone, and a refused change says why and keeps what was typed", async () => {
    await openDashboard();
    const share = card("me").getByLabel("Share of me-modern in percent");
    await share.focus();
    await page.keyboard.press("ControlOrMeta+A");
    await page.keyboard.type("30");
    await page.keyboard.press("Enter");
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Your name").fill("frank\u0007");
    await page.keyboard.press("Enter");
    await dialog.getByRole("alert").getByText("control characters").waitFor();
    expect(complaints.splice(0)).toEqual([expect.stringContaining("400")]);
    await dialog.getByLabel("Your name").fill("frank");
    await page.keyboard.press("Enter");
    await card("me").getByText("30 % of buckets").waitFor();
    expect(await share.inputValue()).toBe("30");
    expect(await audit()).toMatchObject({ actor: "frank", target: "me-modern", after: "30 % of buckets" });
  });

  it("the feed can be filtered and paused, and goes on after a restart of the gateway", async () => {
    await openDashboard();
    await card("orders").waitFor();
    await alice.get("/cart");
    await alice.get("/nowhere");
    await feed().getByText("GET /cart").waitFor();
    await page.getByLabel("Filter").fill("404 nowhere");
    await feed().getByText("GET /cart").waitFor({ state: "detached" });
    await feed().getByText("GET /nowhere").waitFor();
    await page.getByLabel("Filter").fill("");
    await page.getByRole("button", { name: "Pause" }).click();
    const before = await feed().innerText();
    await alice.get("/cart?again");
    await shop.restartGateway();
    const listed = await feed().innerText();
    expect(listed).toBe(before);
    await page.getByRole("button", { name: "Go on" }).click();
    await expect
      .poll(
        async () => {
          await alice.get("/after-the-restart");
          return await feed().innerText();
        },
        { timeout: 10_000 },
      )
      .toContain("/after-the-restart");
    await page.locator("#alerts").getByText("does not answer").waitFor({ state: "detached" });
    complaints.splice(0); // while it was down, the browser said so
  });

  it("it fits a phone, and every field and button has a name", async () => {
    await openDashboard({ width: 390 });
    await card("everything-else").waitFor();
    // Of the page itself; typed as text because this project's types know no browser.
    expect(await page.evaluate("document.documentElement.scrollWidth")).toBe(390);
    const nameless = await page.evaluate(`[...document.querySelectorAll("input, select, button")]
      .filter((field) => !(field.labels?.length > 0 || field.ariaLabel || field.textContent.trim()))
      .map((field) => field.outerHTML)`);
    expect(nameless).toEqual([]);
  });

  async function shopFlag(flag: string, value: boolean): Promise<void> {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const reply = await callAdmin(shop.adminUrl, "PUT", `/api/flags/${flag}`, { headers, body: { value } });
    expect(reply.status).toBe(200);
  }
});
