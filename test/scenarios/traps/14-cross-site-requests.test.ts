import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { type Answer, ask } from "./rig/ask.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { Visitor } from "./rig/visitor.ts";

type Fields = readonly (readonly [string, string])[];

describeWithRealRedis("trap 14: another site cannot act in a user's name where his cookie becomes a token", () => {
  let rig: Rig;
  let alice: Visitor;
  let own: string;
  beforeAll(async () => {
    rig = await startRig();
    alice = await new Visitor(rig).logIn("alice");
    own = `http://127.0.0.1:${rig.port}`;
  });
  afterAll(() => rig.stop());

  const post = (target: string, fields: Fields, method = "POST"): Promise<Answer> =>
    alice.send(target, { method, fields, body: "x=1" });

  const refused = (): [name: string, fields: Fields][] => [
    ["nothing that tells", []],
    ["Sec-Fetch-Site: cross-site", [["Sec-Fetch-Site", "cross-site"]]],
    ["Sec-Fetch-Site: same-site, a sister domain", [["Sec-Fetch-Site", "same-site"]]],
    [
      "cross-site beside its own Origin",
      [
        ["Sec-Fetch-Site", "cross-site"],
        ["Origin", own],
      ],
    ],
    ["a word that no browser sends", [["Sec-Fetch-Site", "SAME-ORIGIN"]]],
    [
      "Sec-Fetch-Site twice",
      [
        ["Sec-Fetch-Site", "same-origin"],
        ["Sec-Fetch-Site", "cross-site"],
      ],
    ],
    ["Sec-Fetch-Site as a list", [["Sec-Fetch-Site", "same-origin, cross-site"]]],
    ["an imitation of Sec-Fetch-Site", [["Sec_Fetch_Site", "same-origin"]]],
    ["a foreign Origin", [["Origin", "https://evil.example"]]],
    ["Origin: null, of a sandboxed frame", [["Origin", "null"]]],
    [
      "its own Origin twice",
      [
        ["Origin", own],
        ["Origin", own],
      ],
    ],
    ["two Origins in one field", [["Origin", `${own}, https://evil.example`]]],
    ["an Origin of another port", [["Origin", "http://127.0.0.1:1"]]],
    ["an Origin of another scheme", [["Origin", own.replace("http:", "https:")]]],
    ["an Origin that begins like its own", [["Origin", `${own}.evil.example`]]],
    ["an Origin with its own as the user", [["Origin", `http://127.0.0.1@evil.example:${rig.port}`]]],
    ["an Origin that begins like a trusted one", [["Origin", "https://partner.example.evil.example"]]],
    ["a trusted site over another scheme", [["Origin", "http://partner.example"]]],
    [
      "a foreign Origin and its own Referer",
      [
        ["Origin", "https://evil.example"],
        ["Referer", `${own}/x`],
      ],
    ],
    ["a foreign Referer", [["Referer", `https://evil.example/?${own}/`]]],
    ["a Referer that is no URL", [["Referer", "about:blank"]]],
    ["an empty Referer", [["Referer", ""]]],
    ["X-Requested-With alone", [["X-Requested-With", "XMLHttpRequest"]]],
    ["a JSON content type alone", [["Content-Type", "application/json"]]],
  ];

  const accepted = (): [name: string, fields: Fields][] => [
    ["Sec-Fetch-Site: same-origin", [["Sec-Fetch-Site", "same-origin"]]],
    ["Sec-Fetch-Site: none, of a person's own doing", [["Sec-Fetch-Site", "none"]]],
    ["its own Origin", [["Origin", own]]],
    ["its own Referer", [["Referer", `${own}/form?x=1`]]],
    ["a trusted site's Origin", [["Origin", "https://partner.example"]]],
    [
      "a trusted site's Origin, which the browser calls cross-site",
      [
        ["Sec-Fetch-Site", "cross-site"],
        ["Origin", "https://partner.example"],
      ],
    ],
    ["a trusted site's Referer", [["Referer", "https://partner.example/page"]]],
  ];

  it("an unsafe request that another site may have sent is refused with 403, and modern never hears of it", async () => {
    for (const [name, fields] of refused()) {
      for (const target of ["/m/x", "/private/x", "/partner/x"]) {
        const heard = rig.modern.seen.length;
        const answer = await post(target, fields);
        expect([name, target, answer.status]).toEqual([name, target, 403]);
        expect(answer.json<{ code: string }>().code).toBe("cross-site-request");
        expect(rig.modern.seen.length).toBe(heard);
      }
    }
  });

  it.each(["PUT", "PATCH", "DELETE", "PURGE", "post", "Get"])(
    "the method %s is not taken for a safe one",
    async (method) => {
      const heard = rig.modern.seen.length;
      const answer = await post("/m/x", [["Origin", "https://evil.example"]], method);
      // Node's parser knows no methods in lower case (400), nor every other one.
      expect([400, 403, 501]).toContain(answer.status);
      expect(rig.modern.seen.length).toBe(heard);
    },
  );

  it("a Host that is no host gives no page an origin to share", async () => {
    for (const host of ["1.2.3.999", "x:99999", "[::1"]) {
      for (const fields of [
        [["Origin", "null"]],
        [["Referer", "no url"]],
        [["Origin", `http://${host}`]],
      ] as Fields[]) {
        const heard = rig.modern.seen.length;
        const answer = await alice.send("/m/x", { method: "POST", body: "", host, fields });
        expect([host, fields, [400, 403].includes(answer.status)]).toEqual([host, fields, true]);
        expect(rig.modern.seen.length).toBe(heard);
      }
    }
  });

  it("a user's own requests, and those of sites that are trusted, get through", async () => {
    for (const [name, fields] of accepted()) {
      const answer = await post("/m/x", fields);
      expect([name, answer.status, answer.json<{ user: string }>().user]).toEqual([name, 200, "alice"]);
    }
    for (const method of ["GET", "OPTIONS"]) {
      const fields: Fields = [
        ["Origin", "https://evil.example"],
        ["Sec-Fetch-Site", "cross-site"],
      ];
      expect((await alice.send("/m/x", { method, fields })).status).toBe(200);
    }
  });

  it("who has no session has no cookie to be borrowed, and is not asked where he comes from", async () => {
    const fields: Fields = [["Origin", "https://evil.example"]];
    expect((await ask(rig.port, "/m/x", { method: "POST", body: "", fields })).status).toBe(200);
  });

  it("where legacy answers, legacy's own defence decides: turning a flag off leaves nothing in the way", async () => {
    await rig.flip("split-modern", true);
    expect((await post("/split/x", [])).status).toBe(403);
    await rig.flip("split-modern", false);
    expect((await post("/split/x", [])).json()).toMatchObject({ servedBy: "legacy", user: "alice" });
  });

  it("a route may accept other sites' requests only by a setting named so, which stands in the audit trail", async () => {
    expect((await post("/unsafe/x", [["Origin", "https://evil.example"]])).status).toBe(200);
    const trail = readFileSync(join(rig.directory, ".figway/audit.jsonl"), "utf8");
    const entries = trail.split("\n").filter((line) => line.includes("acceptCrossSiteRequests"));
    expect(entries.map((line) => (JSON.parse(line) as { target: string }).target)).toContain("unsafe");
  });

  it("a WebSocket that a foreign page opens in the user's name is refused before modern hears of it", async () => {
    await rig.flip("ws-modern", true);
    const shake: Fields = [
      ["Connection", "Upgrade"],
      ["Upgrade", "websocket"],
      ["Sec-WebSocket-Version", "13"],
      ["Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="],
    ];
    for (const [name, fields] of refused()) {
      const heard = rig.modern.seen.length;
      // A handshake that tells nothing comes from no browser (RFC 6455 §10.2): nobody's cookie was borrowed.
      const tells = fields.some(([field]) => /^(?:origin|sec-fetch-site|referer)$/i.test(field));
      if (!tells) continue;
      expect([name, (await alice.send("/ws", { fields: [...shake, ...fields] })).status]).toEqual([name, 403]);
      expect(rig.modern.seen.length).toBe(heard);
    }
  });
});
