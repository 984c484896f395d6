import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium, HOW_TO_GET_CHROMIUM } from "../../tools/find-chromium.ts";
import { type Shop, startShop } from "../doubles/start-shop.ts";

const executablePath = findChromium();
const mustRun = process.env["CI"] === "true";
// Without these Chromium looks for servers of its vendor at every start.
const QUIET = ["--disable-background-networking", "--disable-component-update", "--disable-sync", "--no-first-run"];

describe.skipIf(executablePath === undefined && !mustRun)(
  `in a real browser${executablePath === undefined ? ` (${HOW_TO_GET_CHROMIUM})` : ""}`,
  () => {
    let shop: Shop;
    let browser: Browser;

    beforeAll(async () => {
      if (executablePath === undefined) throw new Error(`no Chromium: ${HOW_TO_GET_CHROMIUM}`);
      shop = await startShop();
      browser = await chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", ...QUIET] });
    });
    afterAll(async () => {
      await browser?.close();
      await shop?.stop();
    });

    async function logIn(page: Page, user: string): Promise<void> {
      await page.goto(`${shop.url}/orders`);
      expect(new URL(page.url()).pathname).toBe("/login");
      await page.fill('input[name="username"]', user);
      await page.fill('input[name="password"]', `${user}-pw`);
      await Promise.all([page.waitForURL(`${shop.url}/orders`), page.press('input[name="password"]', "Enter")]);
    }

    it("a person logs in on legacy, sees the same page from modern after a flip, and is on legacy again after another", async () => {
      const page = await browser.newPage();
      await logIn(page, "alice");
      const footer = async () => (await page.textContent("footer")) ?? "";
      expect(await footer()).toContain("served by legacy");

      await shop.flip("orders-modern", true);
      await page.reload();
      expect(await footer()).toContain("served by modern");
      expect(await page.textContent("body")).toContain("alice");

      await shop.flip("orders-modern", false);
      await page.reload();
      expect(await footer()).toContain("served by legacy");
      await page.close();
    });

    it("the browser never holds a token, and the page's own requests go where its pages go", async () => {
      const page = await browser.newPage();
      const seen: string[] = [];
      page.on("response", async (response) => {
        seen.push(JSON.stringify(await response.allHeaders()), await response.text().catch(() => ""));
      });
      await logIn(page, "bob");
      await shop.flip("orders-modern", true);
      await shop.flip("me-modern", true);
      await page.reload();
      const me = await page.evaluate("fetch('/api/me').then((answer) => answer.json())");
      expect(me).toMatchObject({ servedBy: "modern", user: { id: "bob" } });
      const stored = await page.evaluate("JSON.stringify([document.cookie, {...localStorage}, {...sessionStorage}])");
      const cookies = JSON.stringify(await page.context().cookies());
      expect([...seen, stored, cookies].join("\n")).not.toMatch(/eyJ[\w-]+\.eyJ/);
      await page.close();
    });

    it("a form on another origin cannot act in the user's name on modern, though the browser sends the cookie along", async () => {
      const form = `<form method="post" action="${shop.url}/api/orders"><input name="product" value="mug"></form>`;
      const other = createServer((_request, response) => {
        response.setHeader("content-type", "text/html").end(`${form}<script>document.forms[0].submit()</script>`);
      }).listen(0, "127.0.0.1");
      await once(other, "listening");
      const page = await browser.newPage();
      await shop.flip("orders-modern", false);
      await logIn(page, "alice");
      await shop.flip("orders-modern", true);
      const [answer] = await Promise.all([
        page.waitForResponse((response) => response.url() === `${shop.url}/api/orders`),
        // Another port is another origin, but the same site: SameSite=Lax does not keep the cookie back.
        page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`),
      ]);
      expect((await answer.request().allHeaders())["cookie"]).toContain("connect.sid=");
      expect(answer.status()).toBe(403);
      await page.close();
      other.close();
    });
  },
);
