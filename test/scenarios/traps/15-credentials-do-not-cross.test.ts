import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { ask, exchange } from "./rig/ask.ts";
import type { ModernAnswer } from "./rig/modern.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { Visitor } from "./rig/visitor.ts";

type Fields = [string, string][];

const FOREIGN_BEARER = "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJkYXZlIn0.";

/** Names by which applications are told who the user is, in the spellings that some server folds to them. */
const IMITATIONS = [
  "X-Forwarded-User",
  "X_Forwarded_User",
  "x.forwarded.user",
  "X-Forwarded_User",
  "X!Forwarded|User",
  "X-FORWARDED-EMAIL",
  "X-Forwarded-Groups",
  "X-Forwarded-Access-Token",
  "X-Forwarded-Preferred-Username",
  "X-Auth-Request-User",
  "x_auth_request_email",
  "Remote-User",
  "Remote_User",
  "X-Remote-User",
  "x.remote.user",
  "X-Figway-User",
  "X_Figway_User",
  "x.figway.side",
  "x-figway-",
  "X~Figway~Subject",
  "X-Real-Ip",
  "x_real_ip",
  "Forwarded",
];

describeWithRealRedis("traps 15 to 18: credentials do not cross, and no field from outside poses as figway's", () => {
  let rig: Rig;
  let alice: Visitor;
  beforeAll(async () => {
    rig = await startRig();
  });
  afterAll(() => rig.stop());
  beforeEach(async () => {
    alice = await new Visitor(rig).logIn("alice");
  });

  /** The fields that arrived, by name in lower case. */
  function arrived(rawHeaders: readonly string[]): [string, string][] {
    const fields: [string, string][] = [];
    for (let i = 0; i < rawHeaders.length; i += 2) {
      fields.push([(rawHeaders[i] as string).toLowerCase(), rawHeaders[i + 1] as string]);
    }
    return fields;
  }

  const valuesOf = (rawHeaders: readonly string[], name: string) =>
    arrived(rawHeaders).flatMap(([held, value]) => (held === name ? [value] : []));

  async function onModern(fields: Fields, target = "/m/x"): Promise<ModernAnswer> {
    return (await ask(rig.port, target, { fields })).json<ModernAnswer>();
  }

  it("modern never sees the session cookie nor figway's own, in whatever spelling, and gets all other cookies as they came", async () => {
    const value = (alice.cookie as string).slice("connect.sid=".length);
    for (const pair of [
      `connect.sid=${value}`,
      `Connect.Sid=${value}`,
      ` connect.sid =${value}`,
      `\tCONNECT.SID\t="${value}"`,
      `connect.sid=${value}; connect.sid=${value}`,
      "figway.bucket=00000000000000000000000000000000",
      "figway.logins=1; FIGWAY.BUCKET=x",
    ]) {
      const { rawHeaders } = await onModern([["Cookie", `theme=dark;${pair}; lang = "de" ;x`]]);
      expect(valuesOf(rawHeaders, "cookie")).toEqual([`theme=dark; lang = "de" ;x`]);
    }
    const { rawHeaders } = await onModern([
      ["Cookie", `a=1; connect.sid=${value}`],
      ["cookie", `connect.sid=${value}`],
      ["COOKIE", "b=2"],
    ]);
    expect(valuesOf(rawHeaders, "cookie")).toEqual(["a=1", "b=2"]);
    const alone = await onModern([["Cookie", `connect.sid=${value}`]]);
    expect([alone.user, valuesOf(alone.rawHeaders, "cookie")]).toEqual(["alice", []]);
  });

  it("legacy gets the cookies octet for octet, and never a minted token", async () => {
    await alice.onModern();
    const cookie = `x="; ${alice.cookie};; y= ;figway.bucket=1`;
    await ask(rig.port, "/anything", { fields: [["Cookie", cookie]] });
    const { rawHeaders } = rig.legacy.seen.at(-1) ?? { rawHeaders: [] };
    expect(valuesOf(rawHeaders, "cookie")).toEqual([cookie]);
    expect(valuesOf(rawHeaders, "authorization")).toEqual([]);
  });

  it("a client's own Authorization never goes along beside a session, nor alone, except where a route says so", async () => {
    const cookie: Fields = [["Cookie", alice.cookie as string]];
    for (const name of ["Authorization", "authorization", "AUTHORIZATION"]) {
      const beside = await onModern([[name, FOREIGN_BEARER], ...cookie, [name, "Basic ZGF2ZTpk"]]);
      expect(beside.user).toBe("alice");
      expect(valuesOf(beside.rawHeaders, "authorization")).toHaveLength(1);
      const alone = await onModern([[name, FOREIGN_BEARER]]);
      expect(valuesOf(alone.rawHeaders, "authorization")).toEqual([]);
      const partner = await onModern([[name, FOREIGN_BEARER]], "/partner/x");
      expect(valuesOf(partner.rawHeaders, "authorization")).toEqual([FOREIGN_BEARER]);
      const both = await onModern([[name, FOREIGN_BEARER], ...cookie], "/partner/x");
      expect([both.user, valuesOf(both.rawHeaders, "authorization").length]).toEqual(["alice", 1]);
    }
    for (const name of ["Proxy-Authorization", "Proxy_Authorization", "proxy-authenticate"]) {
      const { rawHeaders } = await onModern([[name, FOREIGN_BEARER]]);
      expect(valuesOf(rawHeaders, name.toLowerCase())).toEqual(name.includes("_") ? [FOREIGN_BEARER] : []);
    }
  });

  it.each(["/m/x", "/anything"])(
    "%s: no field that tells of a user or poses as figway's gets through, in any spelling",
    async (target) => {
      const fields: Fields = IMITATIONS.flatMap(
        (name): Fields => [
          [name, "dave"],
          [name.toUpperCase(), "dave"],
        ],
      );
      await ask(rig.port, target, { fields: [...fields, ["Cookie", alice.cookie as string]] });
      const heard = (target === "/m/x" ? rig.modern : rig.legacy).seen.at(-1)?.rawHeaders ?? [];
      expect(heard.filter((text) => text.includes("dave"))).toEqual([]);
    },
  );

  it.each(["/m/x", "/anything"])(
    "%s: what figway tells of the client is figway's own, whatever the client claims",
    async (target) => {
      const lies: Fields = [
        ["X-Forwarded-For", "10.0.0.1"],
        ["X_Forwarded_For", "10.0.0.1"],
        ["X-Forwarded-Proto", "https"],
        ["X-Forwarded-Host", "evil.example"],
        ["X-Forwarded-Port", "443"],
        ["X-Forwarded-Prefix", "/evil"],
        ["X-Request-Id", "chosen-by-the-client"],
        ["x_request_id", "chosen-by-the-client"],
        ["Forwarded", "for=10.0.0.1;host=evil.example"],
      ];
      await ask(rig.port, target, { fields: lies });
      const heard = (target === "/m/x" ? rig.modern : rig.legacy).seen.at(-1)?.rawHeaders ?? [];
      expect(valuesOf(heard, "x-forwarded-for")).toEqual(["127.0.0.1"]);
      expect(valuesOf(heard, "x-forwarded-proto")).toEqual(["http"]);
      expect(valuesOf(heard, "x-forwarded-host")).toEqual([`127.0.0.1:${rig.port}`]);
      expect(valuesOf(heard, "x-request-id")).toHaveLength(1);
      expect(heard.join("\n")).not.toMatch(/10\.0\.0\.1|evil|chosen-by-the-client/);
    },
  );

  it("no Connection field takes away what figway sets, or what legacy needs to know the user", async () => {
    const named = "Authorization, X-Request-Id, traceparent, X-Forwarded-For, x-forwarded-host, Host, X-Figway-User";
    for (const fields of [
      [["Connection", named]],
      [
        ["connection", "close, Authorization"],
        ["Connection", "AUTHORIZATION ,x-request-id,"],
      ],
      [
        ["Connection", "keep-alive,authorization"],
        ["Authorization", FOREIGN_BEARER],
      ],
    ] as Fields[]) {
      const { user, rawHeaders } = await onModern([...fields, ["Cookie", alice.cookie as string]]);
      expect(user).toBe("alice");
      for (const name of ["host", "authorization", "x-request-id", "traceparent", "x-forwarded-for"]) {
        expect([name, valuesOf(rawHeaders, name).length]).toEqual([name, 1]);
      }
      expect(valuesOf(rawHeaders, "connection").join()).not.toMatch(/authorization|request-id/i);
    }
  });

  it("a cookie that Connection names is for this hop alone: the request is nobody's on both sides, never half a user's", async () => {
    const fields: Fields = [
      ["Connection", "cookie"],
      ["Cookie", alice.cookie as string],
    ];
    const modern = await onModern(fields);
    const legacy = (await ask(rig.port, "/anything", { fields })).json<{ user: string | null }>();
    expect(legacy.user).toBe(null);
    // The cookie reached figway itself, which is the hop that it was meant for; modern is told of the user or of nobody.
    expect(["alice", null]).toContain(modern.user);
    expect(valuesOf(modern.rawHeaders, "cookie")).toEqual([]);
  });

  it("a field smuggled by a line end within a cookie, a target or a value never becomes one", async () => {
    const line = `Host: 127.0.0.1:${rig.port}\r\n`;
    for (const octets of [
      `GET /m/x HTTP/1.1\r\n${line}Cookie: a=1\nX-Forwarded-User: dave\r\nConnection: close\r\n\r\n`,
      `GET /m/x HTTP/1.1\r\n${line}Cookie: a=1\rX-Forwarded-User: dave\r\nConnection: close\r\n\r\n`,
      `GET /m/x HTTP/1.1\r\n${line}Cookie: a=1\r\n X-Forwarded-User: dave\r\nConnection: close\r\n\r\n`,
      `GET /m/x HTTP/1.1\r\n${line}Cookie : a=1\r\nX-Forwarded-User : dave\r\nConnection: close\r\n\r\n`,
      `GET /m/x\nX-Forwarded-User: dave HTTP/1.1\r\n${line}Connection: close\r\n\r\n`,
      `GET /m/x HTTP/1.1\r\n${line}Cookie: a=\0X-Forwarded-User: dave\r\nConnection: close\r\n\r\n`,
      `GET /m/x HTTP/1.1\r\n${line}Cookie: a=%0d%0aX-Forwarded-User:%20dave\r\nConnection: close\r\n\r\n`,
    ]) {
      const heard = rig.modern.seen.length;
      await exchange(rig.port, octets);
      for (const { rawHeaders } of rig.modern.seen.slice(heard)) {
        expect(arrived(rawHeaders).filter(([name]) => name.includes("forwarded-user"))).toEqual([]);
      }
    }
  });

  it("no such field arrives behind a chunked body either", async () => {
    const trailers: string[] = [];
    rig.modern.script = (req, res) =>
      void req.resume().on("end", () => {
        trailers.push(...req.rawTrailers);
        res.end();
      });
    const lies = [...IMITATIONS, "Authorization", "Cookie", "Host", "X-Request-Id", "traceparent"];
    const lines = [...lies.map((name) => `${name}: dave`), "X-Checksum: 1"].join("\r\n");
    const head = `POST /open/x HTTP/1.1\r\nHost: x\r\nTE: trailers\r\nTrailer: X-Checksum\r\nConnection: close\r\n`;
    await exchange(rig.port, `${head}Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n${lines}\r\n\r\n`);
    rig.modern.script = undefined;
    expect(trailers).toEqual(["X-Checksum", "1"]);
  });

  it("a session's own odd contents become claims of the token, and never a field", async () => {
    const name = "x\r\nX-Forwarded-User: dave\r\n\r\nGET / HTTP/1.1";
    await alice.logIn({ id: "al\r\nice", name, roles: ["ü", "\u0000"] });
    const { user, claims, rawHeaders } = (await alice.send("/m/x")).json<ModernAnswer>();
    expect([user, claims?.["name"]]).toEqual(["al\r\nice", name]);
    expect(valuesOf(rawHeaders, "x-forwarded-user")).toEqual([]);
  });

  it("claims of the session cannot pose as those that figway states", async () => {
    await rig.reconfigure(({ identity }) => {
      identity.session["claims"] = { name: "/user/name", roles: "/user/roles", nick: "/user" };
    });
    const forged = { id: "alice", iss: "evil", sub: "dave", exp: 9_999_999_999, aud: "other", sid: "x", kid: "y" };
    await alice.logIn(forged);
    const { claims } = (await alice.send("/m/x")).json<ModernAnswer>();
    expect(claims).toMatchObject({ sub: "alice", iss: "figway", aud: "shop" });
    expect((claims?.exp ?? 0) * 1_000).toBeLessThan(Date.now() + 61_000);
  });
});
