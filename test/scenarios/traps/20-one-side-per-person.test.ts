import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { type Answer, ask } from "./rig/ask.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { type Me, Visitor } from "./rig/visitor.ts";

describeWithRealRedis("trap 20: a person stays on one side, before, through and after a login", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());

  const bucketOf = (answer: Answer) =>
    answer
      .all("set-cookie")
      .map((line) => /^figway\.bucket=([0-9a-f]{32})/.exec(line)?.[1])
      .find((id) => id !== undefined);

  it("a browser keeps its side through login, a new sid and logout, while other browsers are on the other one", async () => {
    await rig.flip("me-modern", { percent: 50 });
    const sides = new Set<string>();
    for (let i = 0; i < 12; i++) {
      const first = await ask(rig.port, "/me");
      const bucket = bucketOf(first);
      const { servedBy } = first.json<Me>();
      sides.add(servedBy);
      const fields: [string, string][] = [["Cookie", `figway.bucket=${bucket}`]];
      const visitor = new Visitor(rig);
      const side = async () => {
        const answer = await visitor.send("/me", { fields });
        expect(bucketOf(answer)).toBeUndefined();
        return answer.json<Me>().servedBy;
      };
      expect(await side()).toBe(servedBy);
      await visitor.logIn(`user ${i}`, "new");
      expect(await side()).toBe(servedBy);
      await visitor.logIn(`another ${i}`, "new");
      expect(await side()).toBe(servedBy);
      await visitor.logOut("destroy");
      expect(await side()).toBe(servedBy);
    }
    expect(sides.size).toBe(2);
    await rig.flip("me-modern", false);
  });

  it("the bucket is random, out of reach of scripts, says nothing of the user, and is given only where a share depends on it", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    expect((await alice.send("/me")).all("set-cookie")).toEqual([]);
    await rig.flip("me-modern", true);
    expect((await alice.send("/me")).all("set-cookie")).toEqual([]);
    await rig.flip("me-modern", { percent: 50 });
    const [line] = (await alice.send("/me")).all("set-cookie");
    expect(line).toMatch(/^figway\.bucket=[0-9a-f]{32}; Path=\/; Max-Age=31536000; HttpOnly; SameSite=Lax$/);
    for (const forged of ["x", "0", "'; DROP", "a".repeat(5_000), "00000000000000000000000000000000; x"]) {
      expect((await ask(rig.port, "/me", { fields: [["Cookie", `figway.bucket=${forged}`]] })).status).toBe(200);
    }
    await rig.flip("me-modern", false);
  });

  it("an operator's override to modern, with the flag off, sends everyone there as who they are", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    const override = `${rig.adminUrl}/api/overrides/me`;
    const call = (method: string, body: object) =>
      fetch(override, { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
    expect((await call("PUT", { side: "modern", actor: "test" })).status).toBe(200);
    expect((await alice.send("/me")).json()).toMatchObject({ servedBy: "modern", user: "alice" });
    expect((await call("PUT", { side: "legacy", actor: "test" })).status).toBe(200);
    expect((await alice.send("/me")).json()).toMatchObject({ servedBy: "legacy", user: "alice" });
    expect((await call("DELETE", { actor: "test" })).status).toBe(200);
  });
});
