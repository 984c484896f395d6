import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { ask } from "./rig/ask.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { type Me, Visitor } from "./rig/visitor.ts";

describeWithRealRedis("traps 32 and 33: each request goes to one side, once", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig({
      configure: ({ routes, upstreams }) => {
        for (const route of routes) if (route["id"] === "split") route["fallback"] = "legacy";
        // Failures are looked at one by one here.
        (upstreams["modern"] as Record<string, unknown>)["breaker"] = { consecutiveFailures: 0 };
      },
    });
    await rig.flip("split-modern", true);
  });
  afterAll(() => rig.stop());
  afterEach(() => {
    rig.modern.script = undefined;
  });

  const own = (): [string, string][] => [["Origin", `http://127.0.0.1:${rig.port}`]];

  async function heardDuring(during: () => Promise<unknown>): Promise<{ legacy: number; modern: number }> {
    const [legacy, modern] = [rig.legacy.seen.length, rig.modern.seen.length];
    await during();
    return { legacy: rig.legacy.seen.length - legacy, modern: rig.modern.seen.length - modern };
  }

  it("nothing is mirrored: the side that does not answer hears nothing of the request, its cookie or its body", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    for (const method of ["GET", "POST"]) {
      const question = { method, fields: own(), ...(method === "POST" ? { body: "x" } : {}) };
      expect(await heardDuring(() => alice.send("/m/x", question))).toEqual({ legacy: 0, modern: 1 });
      expect(await heardDuring(() => alice.send("/anything", question))).toEqual({ legacy: 1, modern: 0 });
    }
  });

  it("a safe request that modern drops without a word is answered by legacy, once, as the same user", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    rig.modern.script = (req) => req.socket.destroy();
    const heard = await heardDuring(async () => {
      expect((await alice.send("/split/x")).json<Me>()).toMatchObject({ servedBy: "legacy", user: "alice" });
    });
    expect(heard.legacy).toBe(1);
    const { rawHeaders } = rig.legacy.seen.at(-1) ?? { rawHeaders: [] };
    expect(rawHeaders.join("\n")).not.toMatch(/bearer/i);
    expect(rawHeaders).toContain(alice.cookie);
  });

  it.each(["POST", "PUT", "PATCH", "DELETE"])(
    "a %s that modern drops is never done again, on either side",
    async (method) => {
      const alice = await new Visitor(rig).logIn("alice");
      rig.modern.script = (req) => void req.resume().on("end", () => req.socket.destroy());
      const heard = await heardDuring(async () => {
        expect((await alice.send("/split/x", { method, fields: own(), body: "buy=1" })).status).toBe(502);
      });
      expect(heard).toEqual({ legacy: 0, modern: 1 });
    },
  );

  it("once a byte of modern's answer has gone out, a failure is a cut and never another side's page", async () => {
    rig.modern.script = (_req, res) => {
      res.writeHead(200, { "content-length": "1000" }).write("modern ");
      setImmediate(() => res.socket?.destroy());
    };
    const heard = await heardDuring(async () => {
      const answer = await ask(rig.port, "/split/x").catch(() => undefined);
      expect(answer?.text ?? "").not.toContain("legacy");
    });
    expect(heard.legacy).toBeLessThanOrEqual(1);
  });
});
