import type { IncomingMessage, ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { exchange } from "./rig/ask.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { Visitor } from "./rig/visitor.ts";

/** Set-Cookie values that leave a browser with a cookie that legacy reads as its session's, or without it. */
const ATTEMPTS = [
  "connect.sid=evil; Path=/",
  "Connect.Sid=evil",
  "  connect.sid = evil",
  "\tconnect.sid=evil",
  "connect.sid=; Max-Age=0",
  "connect.sid; Path=/",
  "connect.sid=evil; Domain=example.org; Path=/deep",
  'connect.sid="s:x.y"',
  "=connect.sid=evil",
  " = connect.sid=evil; Path=/",
  "==connect.sid=evil",
  "figway.bucket=00000000000000000000000000000000",
  "Figway.Logins=9",
  "=figway.bucket=0",
];

describeWithRealRedis("traps 25 and 26: who may set which cookie, and no two are folded into one", () => {
  let rig: Rig;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());
  afterEach(() => {
    rig.modern.script = undefined;
  });

  it("modern can neither set nor delete the session cookie or figway's own; each attempt is dropped and counted", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    rig.modern.script = (_req, res) => {
      const line = [...ATTEMPTS, "theirs=1; Path=/"].flatMap((value) => ["Set-Cookie", value]);
      res.writeHead(200, line).end();
    };
    for (const target of ["/m/x", "/open/x", "/partner/x"]) {
      const answer = await alice.send(target);
      expect(answer.all("set-cookie")).toEqual(["theirs=1; Path=/"]);
    }
    const metrics = await (await fetch(`${rig.adminUrl}/metrics`)).text();
    const counted = /figway_events_total\{event="session-cookie-set-by-modern"\} (\d+)/.exec(metrics)?.[1];
    expect(Number(counted)).toBe(3 * ATTEMPTS.length);
    rig.modern.script = undefined;
    expect(await alice.onModern()).toMatchObject({ user: "alice" });
  });

  it("modern cannot have the browser throw its cookies away (Clear-Site-Data), and may clear all else", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    for (const [sent, seen] of [
      ['"cookies"', []],
      ['"*"', []],
      ['"cache", "cookies" , "storage"', ['"cache", "storage"']],
      ['"cache"', ['"cache"']],
    ] as const) {
      rig.modern.script = (_req, res) => res.writeHead(200, { "clear-site-data": sent }).end();
      const values = (await alice.send("/m/x")).all("clear-site-data").map((value) => value.replace(/\s*,\s*/g, ", "));
      expect([sent, values]).toEqual([sent, seen]);
    }
  });

  it("modern cannot do so in the answer to a WebSocket handshake, in an interim answer or in trailers either", async () => {
    const alice = await new Visitor(rig).logIn("alice");
    rig.modern.script = (_req: IncomingMessage, res: ServerResponse) => {
      res.socket?.write("HTTP/1.1 103 Early Hints\r\nSet-Cookie: connect.sid=evil\r\nLink: </x>; rel=preload\r\n\r\n");
      res.writeHead(200, { trailer: "Set-Cookie, X-Sum" });
      res.write("x");
      res.addTrailers([
        ["Set-Cookie", "connect.sid=evil"],
        ["X-Sum", "1"],
      ]);
      res.end();
    };
    const head = `Host: x\r\nCookie: ${alice.cookie}\r\n`;
    const octets = await exchange(rig.port, `GET /m/x HTTP/1.1\r\n${head}TE: trailers\r\nConnection: close\r\n\r\n`);
    expect(octets).toContain("X-Sum: 1");
    expect(octets).not.toMatch(/connect\.sid/i);
  });

  it("legacy's cookies pass as they came: several stay several, in order, with commas and all octets within", async () => {
    const lines = [
      "a=1; Expires=Wed, 21 Oct 2037 07:28:00 GMT",
      "b=x,y, z",
      "a=2; Path=/deep",
      'c="q\u00fc"',
      "d=; Max-Age=0; Domain=example.org",
      "connect.sid=s%3Aanother.sig; Path=/; HttpOnly",
    ];
    rig.legacy.script = (_req, res) => {
      res
        .writeHead(
          200,
          lines.flatMap((line) => ["Set-Cookie", line]),
        )
        .end();
    };
    const answer = await new Visitor(rig).send("/script/x");
    expect(answer.all("set-cookie")).toEqual(lines);
    rig.modern.script = (_req, res) => {
      res
        .writeHead(
          200,
          lines.slice(0, 5).flatMap((line) => ["set-cookie", line]),
        )
        .end();
    };
    expect((await new Visitor(rig).send("/m/x")).all("set-cookie")).toEqual(lines.slice(0, 5));
  });
});
