import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Browser, openBrowser } from "../doubles/browser.ts";
import { eventually, type Shop, startShop } from "../doubles/start-shop.ts";
import { takesLessThan, timeOf } from "../doubles/takes-less-than.ts";
import { startTestUnleash, type TestUnleash, whyNoUnleash } from "../doubles/start-unleash.ts";

const missing = await whyNoUnleash();

/** Flips a flag in Unleash itself, as its own page does. */
async function flipInUnleash(unleash: TestUnleash, flag: string, state: "on" | "off"): Promise<void> {
  await unleash.admin("POST", `/projects/default/features/${flag}/environments/development/${state}`);
}

describe.skipIf(missing !== undefined)(
  `with a real Unleash server${missing === undefined ? "" : ` (${missing})`}`,
  () => {
    let unleash: TestUnleash;
    let shop: Shop;
    let alice: Browser;

    beforeAll(async () => {
      unleash = await startTestUnleash();
      shop = await startShop({ environment: { UNLEASH_URL: unleash.url, UNLEASH_TOKEN: unleash.backendToken } });
      alice = openBrowser(shop.url);
      await alice.login("alice");
    });
    afterAll(async () => {
      await shop?.stop();
      await unleash?.close();
    });

    const servedBy = async (path: string): Promise<string | undefined> =>
      /served by (\w+)/.exec((await alice.get(path)).text)?.[1];

    it("a flip in Unleash moves the route within two seconds and keeps the user, there and back", async () => {
      expect(await servedBy("/orders/7")).toBe("legacy");
      const untilServedBy = (side: string): Promise<number> =>
        timeOf(() => eventually(async () => expect(await servedBy("/orders/7")).toBe(side), 10_000));
      await takesLessThan(2_000, async () => {
        await flipInUnleash(unleash, "orders-modern", "on");
        const thereMs = await untilServedBy("modern");
        expect((await alice.get("/orders/7")).text).toContain("alice");
        await flipInUnleash(unleash, "orders-modern", "off");
        return Math.max(thereMs, await untilServedBy("legacy"));
      });
    });

    it("when Unleash dies the routes stay where they were, also over a restart of figway", async () => {
      await flipInUnleash(unleash, "orders-modern", "on");
      await eventually(async () => expect(await servedBy("/orders/7")).toBe("modern"), 10_000);
      await unleash.stop();
      expect(await servedBy("/orders/7")).toBe("modern");
      expect(await servedBy("/account")).toBe("legacy");

      await shop.restartGateway();
      expect(await servedBy("/orders/7")).toBe("modern");
      expect(await servedBy("/account")).toBe("legacy");
      const { flags } = (await (await fetch(`${shop.adminUrl}/api/status`)).json()) as {
        flags: { loadedFrom: string };
      };
      expect(flags.loadedFrom).toBe("disk");
    });

    it("an override stops a route at once while Unleash is down", async () => {
      const override = await fetch(`${shop.adminUrl}/api/overrides/orders`, {
        method: "PUT",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ side: "legacy", actor: "olga", why: "errors" }),
      });
      expect(override.status).toBe(200);
      expect(await servedBy("/orders/7")).toBe("legacy");
      await fetch(`${shop.adminUrl}/api/overrides/orders`, { method: "DELETE" });
      expect(await servedBy("/orders/7")).toBe("modern");
    });
  },
);
