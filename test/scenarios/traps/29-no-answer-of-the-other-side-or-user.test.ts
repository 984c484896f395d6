import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { ask } from "./rig/ask.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { Visitor } from "./rig/visitor.ts";

const PUBLIC = {
  "cache-control": "public, max-age=3600, s-maxage=7200",
  expires: "Thu, 01 Jan 2037 00:00:00 GMT",
  pragma: "x",
  "surrogate-control": "max-age=3600",
  "cdn-cache-control": "max-age=3600",
  "Vercel-CDN-Cache-Control": "max-age=3600",
  "edge-control": "max-age=3600",
  "x-accel-expires": "3600",
};

describeWithRealRedis("trap 29: no cache hands out an answer of the other side, or another user's", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
    rig.legacy.script = (_req, res) => void res.set(PUBLIC).end("legacy");
  });
  afterAll(() => rig.stop());
  afterEach(async () => {
    rig.modern.script = undefined;
    await rig.flip("split-modern", false);
  });

  const cachingFields = (fields: readonly (readonly [string, string])[]) =>
    fields.filter(([name]) => /cache-control$|^expires$|^pragma$|^surrogate|^edge|^x-accel/i.test(name));

  it("whatever an upstream says of shared caches, answers of split and of personal routes are for one browser alone", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    rig.modern.script = (_req, res) => res.writeHead(200, PUBLIC).end("modern");
    for (const flag of [false, true]) {
      await rig.flip("split-modern", flag);
      for (const target of flag ? ["/split/x", "/m/x", "/private/x"] : ["/m/x"]) {
        const answer = await alice.send(target);
        expect([target, cachingFields(answer.fields)]).toEqual([target, [["Cache-Control", "private, no-cache"]]]);
      }
    }
    // A visitor's copy would be shown to users.
    expect(cachingFields((await ask(rig.port, "/m/x")).fields)).toEqual([["Cache-Control", "private, no-cache"]]);
  });

  it("what an upstream forbids to store stays forbidden", async () => {
    rig.modern.script = (_req, res) =>
      res.writeHead(200, ["Cache-Control", "no-store", "cache-control", "max-age=9"]).end();
    expect(cachingFields((await ask(rig.port, "/m/x")).fields)).toEqual([["Cache-Control", "private, no-store"]]);
  });

  it("legacy's answers on routes that no flag splits are cached as legacy says", async () => {
    const answer = await ask(rig.port, "/script/x");
    expect(answer.all("cache-control")).toEqual([PUBLIC["cache-control"]]);
    expect(answer.all("expires")).toEqual([PUBLIC.expires]);
  });

  it("a route that leaves caching to its upstream gets no cookie of figway's into a shared cache", async () => {
    await rig.flip("split-modern", { percent: 50 });
    const answers = { "cache-control": "public, max-age=60" };
    rig.modern.script = (_req, res) => res.writeHead(200, answers).end();
    for (let i = 0; i < 12; i++) {
      const answer = await ask(rig.port, "/shared/x");
      expect(answer.all("set-cookie")).toEqual([]);
    }
    rig.modern.script = (_req, res) => res.writeHead(200, { "cache-control": "private, max-age=60" }).end();
    const cookies = new Set<number>();
    for (let i = 0; i < 12; i++) cookies.add((await ask(rig.port, "/shared/x")).all("set-cookie").length);
    expect(cookies).toContain(1);
  });

  it("figway's own refusals are stored by nobody", async () => {
    for (const target of ["/private/x", "/admin/x", "/open/../admin/x", "/.figway/nothing"]) {
      const answer = await ask(rig.port, target);
      expect([target, answer.status >= 400, answer.all("cache-control")]).toEqual([target, true, ["no-store"]]);
    }
  });

  it("after a flip no validator of the other side's page makes a 304 of this side's", async () => {
    const heard: string[][] = [];
    rig.modern.script = (req, res) => {
      const validators = req.rawHeaders.filter((text, i) => i % 2 === 1 && /"v1"|GMT/.test(text));
      heard.push(validators);
      if (req.headers["if-none-match"] === '"v1"') res.writeHead(304, { etag: '"v1"' }).end();
      else res.writeHead(200, { etag: '"v1"', "last-modified": "Wed, 21 Oct 2015 07:28:00 GMT" }).end("modern");
    };
    // Both sides happen to use the same tag, as counters and hashes of nothing do.
    const page = await ask(rig.port, "/split/x");
    const legacyTag = page.all("etag")[0] ?? '"v1"';
    await rig.flip("split-modern", true);
    const date: [string, string] = ["If-Modified-Since", "Wed, 21 Oct 2037 07:28:00 GMT"];
    for (const tag of [legacyTag, 'W/"v1"', '"v1"', '"v1~legacy"']) {
      const answer = await ask(rig.port, "/split/x", { fields: [["If-None-Match", tag], date] });
      expect([tag, answer.status, answer.text]).toEqual([tag, 200, "modern"]);
      expect(heard.at(-1)).toEqual([]);
    }
    const [modernTag = ""] = (await ask(rig.port, "/split/x")).all("etag");
    expect((await ask(rig.port, "/split/x", { fields: [["If-None-Match", modernTag]] })).status).toBe(304);
  });
});
