import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { until } from "../doubles/until.ts";
import { describeWithRealRedis } from "../identity/describe-with-real-redis.ts";
import { type Rig, startRig } from "../scenarios/traps/rig/start-rig.ts";
import { Visitor } from "../scenarios/traps/rig/visitor.ts";

describeWithRealRedis("with sessions that renew their cookie with every answer", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({
      session: { rolling: true },
      configure: ({ identity }) => Object.assign(identity.session, { rolling: true }),
    });
  });
  afterAll(() => rig.stop());
  afterEach(async () => {
    rig.modern.script = undefined;
    await rig.storeFaults.mend();
  });

  it("an answer of modern's that was asked for before a login does not put the former cookie back after it", async () => {
    const browser = await new Visitor(rig).logIn("alice");
    expect((await browser.send("/m/x")).all("set-cookie")).toHaveLength(1);
    let answering: ServerResponse | undefined;
    rig.modern.script = (_req, res) => {
      answering = res;
    };
    const asked = new Visitor(rig);
    asked.cookie = browser.cookie;
    const late = asked.send("/m/x");
    await until("modern is at work on it", () => answering !== undefined);
    // Without a store that answers at once, nobody can look whether the former session is gone.
    rig.storeFaults.delayAnswers(150);
    await browser.logIn("bob", "new");
    answering?.end();
    expect((await late).all("set-cookie")).toEqual([]);
  });

  it("an answer that was asked for after it renews the cookie as ever", async () => {
    const browser = await new Visitor(rig).logIn("alice", "new");
    for (let i = 0; i < 5; i++) {
      await browser.send("/anything");
      const [line] = (await browser.send("/m/x")).all("set-cookie");
      expect(line?.split(";", 1)[0]).toBe(browser.cookie);
    }
  });
});
