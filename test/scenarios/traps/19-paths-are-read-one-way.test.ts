import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { ask } from "./rig/ask.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { Visitor } from "./rig/visitor.ts";

/** Spellings that some server takes for `/admin/x`. */
const ADMIN_SPELLINGS = [
  "/ADMIN/x",
  "/Admin/x",
  "//admin/x",
  "/./admin/x",
  "/x/../admin/x",
  "/m/../admin/x",
  "/open/../admin/x",
  "/open/..;/admin/x",
  "/open/%2e%2e/admin/x",
  "/open/.%2e/admin/x",
  "/open%2f..%2fadmin%2fx",
  "/open/..%2fadmin/x",
  "/open/..%5cadmin%5cx",
  "/open/..\\admin\\x",
  "/open/%252e%252e/admin/x",
  "/%61dmin/x",
  "/%2561dmin/x",
  "/admin%2fx",
  "/admin;v=1/x",
  "/admin;/x",
  "/;/admin/x",
  "\\admin\\x",
  "/admin%00/x",
  "/admin\\x",
  "/open//../admin/x",
  "/open/x/../../admin/x",
];

describeWithRealRedis("trap 19: the path that was matched is the path that is forwarded", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());

  it("no spelling of a guarded path reaches modern past the guard, for a visitor or for a user without the role", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    for (const target of [
      ...ADMIN_SPELLINGS,
      "/admin/x",
      "/admin",
      "/admin/",
      "/admin?x=/open/y",
      "/admin/../admin/x",
    ]) {
      for (const cookie of [undefined, alice.cookie]) {
        const heard = rig.modern.seen.length;
        const fields: [string, string][] = cookie === undefined ? [] : [["Cookie", cookie]];
        const answer = await ask(rig.port, target, { fields });
        expect([target, [400, 401, 403].includes(answer.status)]).toEqual([target, true]);
        expect(rig.modern.seen.length).toBe(heard);
      }
    }
  });

  it("a path in absolute form, or with a foreign Host, is guarded as any", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    const fields: [string, string][] = [["Cookie", alice.cookie as string]];
    for (const target of [`http://127.0.0.1:${rig.port}/admin/x`, "http://other.example/admin/x", "HTTP://x/admin/x"]) {
      expect([target, (await ask(rig.port, target, { fields })).status]).toEqual([target, 403]);
    }
    expect((await ask(rig.port, "/admin/x", { fields, host: "other.example" })).status).toBe(403);
  });

  it("fields that some frameworks take for the path change nothing in what is matched, and legacy alone would see them", async () => {
    const fields: [string, string][] = [
      ["X-Original-URL", "/admin/x"],
      ["X-Rewrite-URL", "/admin/x"],
      ["X-Forwarded-Uri", "/admin/x"],
      ["X-Forwarded-Path", "/admin/x"],
      ["X-HTTP-Method-Override", "DELETE"],
    ];
    const answer = await ask(rig.port, "/open/x", { fields });
    expect(answer.json<{ url: string; method: string }>()).toMatchObject({ url: "/open/x", method: "GET" });
  });

  it("odd octets of a path that every reading gives to one route pass byte for byte, query and slash at the end included", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    for (const target of [
      "/m/a%20b?q=%2F..%2f&&=;x=1+2%",
      "/m/%e4%bd%a0/",
      "/m/x?next=/admin/../x//y",
      "/m/x?%00%0d%0a",
      "/m/a;b=c/d",
      "/m/x//",
      "/m/%7Euser",
    ]) {
      const answer = await alice.send(target);
      expect([target, answer.status]).toEqual([target, 200]);
      expect(answer.json<{ url: string; user: string }>()).toMatchObject({ url: target, user: "alice" });
    }
  });
});
