import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { type Answer, ask } from "./rig/ask.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";

describeWithRealRedis("trap 30: redirects lead home, and programs are told 401", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());
  afterEach(() => {
    rig.modern.script = undefined;
  });

  it("a redirect to an upstream's own host, however it is spelt, leads to the host that the client asked", async () => {
    const { host: modern } = new URL(rig.modern.url);
    const { host: legacy } = new URL(rig.legacy.url);
    for (const [sent, seen] of [
      [`http://${modern}/a?b#c`, "http://shop.example/a?b#c"],
      [`HTTP://${modern}/a`, "http://shop.example/a"],
      [`//${modern}/a`, "http://shop.example/a"],
      [`http://${legacy}/login`, "http://shop.example/login"],
      [`http://${modern}`, "http://shop.example"],
      [`http://${modern}?x`, "http://shop.example?x"],
      ["/a//b?c=%2F", "/a//b?c=%2F"],
      ["a/b", "a/b"],
      [`http://${modern}.evil.example/`, `http://${modern}.evil.example/`],
      [`http://${modern}0/`, `http://${modern}0/`],
      [`http://${modern}@evil.example/`, `http://${modern}@evil.example/`],
      ["https://elsewhere.example/", "https://elsewhere.example/"],
      [`https://${modern}/`, `https://${modern}/`],
      [`/login?next=http://${modern}/`, `/login?next=http://${modern}/`],
    ] as const) {
      rig.modern.script = (_req, res) =>
        res.writeHead(302, { location: sent, "content-location": sent, refresh: `5; URL='${sent}'` }).end();
      const answer = await ask(rig.port, "/m/x", { host: "shop.example" });
      expect([sent, answer.all("location")]).toEqual([sent, [seen]]);
      expect(answer.all("content-location")).toEqual([seen]);
      expect(answer.all("refresh")).toEqual([`5; URL='${seen}'`]);
    }
  });

  const page: [string, string][] = [["Accept", "text/html,*/*"]];
  const navigation: [string, string][] = [
    ["Sec-Fetch-Mode", "navigate"],
    ["Sec-Fetch-Dest", "document"],
  ];

  it("a person is sent to log in with a path on this site to come back to, and never to another one", async () => {
    for (const target of [
      "/private/x?y=1&z=%2F",
      "/private//evil.example",
      "/private/x?next=https://evil.example",
      "/private/\\evil.example",
    ]) {
      for (const fields of [page, navigation]) {
        const answer = await ask(rig.port, target, { fields, host: "evil.example" });
        if (answer.status === 400) continue;
        expect([target, answer.status]).toEqual([target, 303]);
        const location = new URL(answer.all("location")[0] ?? "", "http://shop.example");
        expect(location.origin + location.pathname).toBe("http://shop.example/login");
        expect(new URL(location.searchParams.get("next") ?? "", "http://shop.example").origin).toBe(
          "http://shop.example",
        );
        expect(location.searchParams.get("next")).toBe(target);
      }
    }
  });

  it("a program, a script's fetch, a form's POST and a WebSocket get 401 as problem+json, never a login page", async () => {
    const script: [string, string][] = [
      ["Sec-Fetch-Mode", "cors"],
      ["Sec-Fetch-Dest", "empty"],
      ["Accept", "text/html"],
    ];
    const requests: Promise<Answer>[] = [
      ask(rig.port, "/private/x"),
      ask(rig.port, "/private/x", { fields: [["Accept", "application/json"]] }),
      ask(rig.port, "/private/x", { fields: script }),
    ];
    for (const answer of await Promise.all(requests)) {
      expect([answer.status, answer.all("location")]).toEqual([401, []]);
      expect(answer.all("www-authenticate")).toEqual(['Session realm="figway"']);
    }
    const post = await ask(rig.port, "/private/x", { method: "POST", body: "", fields: page });
    expect([post.status, post.all("location")]).toEqual([401, []]);
  });

  it("a browser that is sent to log in again and again gets an explanation instead of the sixth redirect", async () => {
    let cookie = "";
    const statuses: number[] = [];
    for (let i = 0; i < 7; i++) {
      const fields: [string, string][] = cookie === "" ? page : [...page, ["Cookie", cookie]];
      const answer = await ask(rig.port, "/private/x", { fields });
      statuses.push(answer.status);
      cookie = answer.all("set-cookie")[0]?.split(";", 1)[0] ?? cookie;
    }
    expect(statuses).toEqual([303, 303, 303, 303, 303, 401, 401]);
  });
});
