import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { ask } from "./rig/ask.ts";
import { type Rig, SECRETS, startRig } from "./rig/start-rig.ts";
import { type Me, signed, Visitor } from "./rig/visitor.ts";

const octets = (text: string) =>
  Buffer.from(text).reduce((encoded, octet) => `${encoded}%${octet.toString(16).padStart(2, "0")}`, "");

describeWithRealRedis("trap 1: cookies are read as legacy reads them", () => {
  let rig: Rig;
  let alice: Visitor;
  let bob: Visitor;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());
  beforeEach(async () => {
    alice = await new Visitor(rig).logIn("alice");
    bob = await new Visitor(rig).logIn("bob");
  });

  /** Who legacy and who modern say that this is. Legacy is asked through figway, on a route that is legacy's own. */
  async function bothSay(...cookieFields: string[]): Promise<{ legacy: string | null; modern: string | null }> {
    const fields = cookieFields.map((value): [string, string] => ["Cookie", value]);
    const legacy = (await ask(rig.port, "/anything", { fields })).json<Me>();
    const modern = (await ask(rig.port, "/m/me", { fields })).json<Me>();
    expect([legacy.servedBy, modern.servedBy]).toEqual(["legacy", "modern"]);
    return { legacy: legacy.user, modern: modern.user };
  }

  const value = (visitor: Visitor) => signed(visitor.sid, SECRETS[0]);
  const nobody = { legacy: null, modern: null };

  it("both sides know the same user from every spelling of his cookie that legacy understands", async () => {
    const plain = value(alice);
    for (const cookie of [
      `connect.sid=${encodeURIComponent(plain)}`,
      `connect.sid=${plain}`,
      `connect.sid="${plain}"`,
      `connect.sid="${encodeURIComponent(plain)}"`,
      `connect.sid=${octets(plain)}`,
      `connect.sid=%73${plain.slice(1)}`,
      `  connect.sid  =   ${plain}  `,
      `\tconnect.sid\t=\t${plain}\t; x=1`,
      `x=1;connect.sid=${plain};y=2`,
      `x="a;connect.sid=${plain}; y="`,
      `garbage; connect.sid=${plain}`,
      `=; ;; connect.sid=${plain}`,
      `connect.sid=${plain}; connect.sid=rubbish`,
    ]) {
      expect([cookie, await bothSay(cookie)]).toEqual([cookie, { legacy: "alice", modern: "alice" }]);
    }
  });

  it("a cookie signed with a former secret, as while secrets are rotated, is as good as any", async () => {
    const cookie = `connect.sid=${encodeURIComponent(signed(alice.sid, SECRETS[1]))}`;
    expect(await bothSay(cookie)).toEqual({ legacy: "alice", modern: "alice" });
  });

  it("a cookie that legacy ignores is nobody's on modern as well", async () => {
    const plain = value(alice);
    const signature = plain.slice(plain.lastIndexOf("."));
    for (const cookie of [
      `Connect.Sid=${plain}`,
      `CONNECT.SID=${plain}`,
      `connect.sid =x; connect_sid=${plain}`,
      `connect%2Esid=${plain}`,
      `$connect.sid=${plain}`,
      `connect.sid=${plain.slice(2)}`,
      `connect.sid=${alice.sid}`,
      `connect.sid=j:"${alice.sid}"`,
      `connect.sid=s:${alice.sid}`,
      `connect.sid=s:${alice.sid}.`,
      `connect.sid=${plain.slice(0, -1)}`,
      `connect.sid=${plain}=`,
      `connect.sid=S:${plain.slice(2)}`,
      `connect.sid=s%253A${plain.slice(2)}`,
      `connect.sid=s:${bob.sid}${signature}`,
      `connect.sid=${signed(alice.sid, "another secret")}`,
      `connect.sid=${signed(alice.sid, "")}`,
      `connect.sid="${plain}`,
      `connect.sid='${plain}'`,
      `connect.sid=%${plain}`,
      `connect.sid=rubbish; connect.sid=${plain}`,
      `connect.sid=; connect.sid=${plain}`,
      `x=1, connect.sid=${plain}`,
    ]) {
      expect([cookie, await bothSay(cookie)]).toEqual([cookie, nobody]);
    }
  });

  it("of two sessions in one request both sides take the first, in one Cookie field and in two", async () => {
    const [a, b] = [`connect.sid=${value(alice)}`, `connect.sid=${value(bob)}`];
    expect(await bothSay(`${a}; ${b}`)).toEqual({ legacy: "alice", modern: "alice" });
    expect(await bothSay(`${b}; ${a}`)).toEqual({ legacy: "bob", modern: "bob" });
    expect(await bothSay(a, b)).toEqual({ legacy: "alice", modern: "alice" });
    expect(await bothSay(b, "x=1", a)).toEqual({ legacy: "bob", modern: "bob" });
    expect(await bothSay("x=1", a)).toEqual({ legacy: "alice", modern: "alice" });
  });

  it("two sessions that contradict each other are refused where routes.json says so, and legacy is left alone", async () => {
    await rig.reconfigure(({ identity }) => {
      identity.session["duplicates"] = "refuse";
    });
    const fields: [string, string][] = [["Cookie", `connect.sid=${value(alice)}; connect.sid=${value(bob)}`]];
    const refused = await ask(rig.port, "/m/me", { fields });
    expect([refused.status, refused.json<{ code: string }>().code]).toEqual([401, "conflicting-credentials"]);
    expect((await ask(rig.port, "/anything", { fields })).json<Me>()).toMatchObject({ user: "alice" });
    await rig.reconfigure(({ identity }) => {
      identity.session["duplicates"] = "first";
    });
  });

  it("a forged cookie costs Redis nothing, is counted, and still reaches legacy octet for octet", async () => {
    const forged = "connect.sid=s%3Aforged.c2lnbmF0dXJl; theme=dark";
    const reads = async () => Number(/cmdstat_get:calls=(\d+)/.exec(await rig.store.info("commandstats"))?.[1] ?? 0);
    const before = await reads();
    for (let i = 0; i < 20; i++) await ask(rig.port, "/m/me", { fields: [["Cookie", forged]] });
    // Only figway's own look whether Redis is well may ask meanwhile.
    expect((await reads()) - before).toBeLessThan(5);
    const metrics = await (await fetch(`${rig.adminUrl}/metrics`)).text();
    expect(Number(/figway_session_events_total\{event="bad-signature"\} (\d+)/.exec(metrics)?.[1])).toBeGreaterThan(19);
    await ask(rig.port, "/anything", { fields: [["Cookie", forged]] });
    expect(rig.legacy.seen.at(-1)?.rawHeaders).toContain(forged);
  });
});
