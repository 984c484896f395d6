import { Redis } from "ioredis";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { startRedis, type TestRedis } from "../../doubles/start-redis.ts";
import { type LegacyDouble, type LegacyOptions, startLegacyDouble } from "./legacy-double.ts";
import { type Diagnosis, type DoctorRun, LOGIN, runDoctor, runPlainly } from "./run-doctor.ts";

let redis: TestRedis;
let legacy: LegacyDouble | undefined;
let client: Redis;

beforeAll(async () => {
  redis = await startRedis("embedded");
  client = new Redis(redis.url);
});
afterAll(async () => {
  client.disconnect();
  await redis.stop();
});
beforeEach(() => client.flushall());
afterEach(async () => {
  await legacy?.close();
  legacy = undefined;
});

async function start(options: Partial<LegacyOptions> = {}): Promise<LegacyDouble> {
  legacy = await startLegacyDouble({ redisUrl: redis.url, ...options });
  return legacy;
}

async function diagnose(options: Partial<LegacyOptions> = {}, run: Partial<DoctorRun> = {}): Promise<Diagnosis> {
  const { url } = await start(options);
  return runDoctor({ legacyUrl: url, redisUrl: redis.url, ...run });
}

describe("an application that fits routes.json", () => {
  it("is said to fit, with exit code 0, after a dozen requests, and no session is left behind", async () => {
    const { code, ok, session, findings } = await diagnose();
    expect({ code, ok, session }).toEqual({ code: 0, ok: true, session: null });
    const topics = findings.map(({ topic }) => topic);
    for (const topic of [
      "signature",
      "store",
      "subject",
      "max age",
      "rolling",
      "touch",
      "resave",
      "fixation",
      "logout",
    ]) {
      expect(topics).toContain(topic);
      expect(findings.find((finding) => finding.topic === topic)).toMatchObject({ verdict: "ok" });
    }
    expect(legacy?.requests.length).toBeLessThanOrEqual(12);
    expect(await client.keys("*")).toEqual([]);
  });

  it("is told by a person's screen, too, and that he is about to log in is said beforehand", async () => {
    const { url } = await start();
    const { code, out, error } = await runPlainly({ legacyUrl: url, redisUrl: redis.url });
    expect(code).toBe(0);
    expect(error).toContain(`logs in on legacy at ${url}/login`);
    expect(out).toContain("routes.json fits legacy");
    expect(out.split("\n").length).toBeLessThan(30);
  });

  it("never sees its secret or a session id printed", async () => {
    const { result } = await diagnose({ prefix: "other:" });
    expect(result.out).not.toContain("a secret of legacy");
    expect(result.out).not.toMatch(/s%3A|s:[\w-]{20}/);
    expect(result.out).toContain("${SESSION_SECRET}");
  });
});

describe("what differs from routes.json is found, and what to put there", () => {
  it("a cookie of another name, a prefix, another database, passport's shape, rolling", async () => {
    const { code, session, on } = await diagnose({
      redisUrl: `${redis.url}/3`,
      prefix: "shop:",
      shape: "passport",
      session: { name: "shop.sid", rolling: true },
    });
    expect(code).toBe(1);
    expect(session).toEqual({
      kind: "express-session",
      secrets: ["${SESSION_SECRET}"],
      store: `${redis.url}/3`,
      claims: { name: "/user/name" },
      cookie: "shop.sid",
      prefix: "shop:",
      subject: "/passport/user",
      rolling: true,
    });
    expect(on("store").evidence).toContain("database 3 under shop:<id>");
  });

  it("a user where no name gives him away, beside an id that he had before the login", async () => {
    const { on, session } = await diagnose({ shape: "opaque", csrf: true, rotates: false });
    expect(session).toMatchObject({ subject: "/author" });
    expect(on("subject").evidence).toContain('"alice"');
  });

  it("what it suggests makes the next diagnosis fit", async () => {
    const options: Partial<LegacyOptions> = {
      redisUrl: `${redis.url}/3`,
      prefix: "shop:",
      disableTouch: true,
      shape: "flagged",
      logout: "flag",
      session: { name: "shop.sid", cookie: {} },
      ttlSeconds: 3_600,
    };
    const first = await diagnose(options, { session: { subject: "/uid", claims: {} } });
    expect(first.session).toMatchObject({
      touch: false,
      ttlSeconds: 3_600,
      subject: "/user/id",
      authenticated: { pointer: "/isLoggedIn", equals: true },
    });
    const { url } = legacy as LegacyDouble;
    const second = await runDoctor({ legacyUrl: url, redisUrl: redis.url, session: first.session ?? {} });
    expect(second).toMatchObject({ code: 0, ok: true, session: null });
  });

  it("a database that comes from the environment is not written into the file", async () => {
    const { url } = await start({ redisUrl: `${redis.url}/3` });
    const store = `\${STORE:-${redis.url}}`;
    const { session, on } = await runDoctor({ legacyUrl: url, redisUrl: redis.url, session: { store } });
    expect(session).toBeNull();
    expect(on("store")).toMatchObject({ verdict: "differs" });
    expect(on("store").advice).toContain("/3");
  });

  it("a wrong secret, which leaves the rest to be found all the same", async () => {
    const { code, on } = await diagnose({}, { secret: "another secret" });
    expect(code).toBe(1);
    expect(on("signature")).toMatchObject({ verdict: "differs" });
    expect(on("subject")).toMatchObject({ verdict: "ok" });
  });

  it("a secret that is not the first in the list", async () => {
    const secrets = ["${OTHER:-a newer secret}", "${SESSION_SECRET}"];
    const { on } = await diagnose({}, { session: { secrets } });
    expect(on("signature")).toMatchObject({
      verdict: "warns",
      evidence: expect.stringContaining("secrets[1]") as string,
    });
  });

  it("rolling and touch where routes.json has them and legacy has not", async () => {
    const { session } = await diagnose({ disableTouch: true }, { session: { rolling: true } });
    expect(session).toMatchObject({ rolling: false, touch: false });
  });

  it("claims that lie elsewhere", async () => {
    const { session } = await diagnose({}, { session: { claims: { email: "/mail", name: "/user/name" } } });
    expect(session).toMatchObject({ claims: { email: "/user/email", name: "/user/name" } });
  });
});

describe("what legacy does that a team should know of", () => {
  it.each([
    ["keeps the id over a session that the form began", { csrf: true, rotates: false }, "keeps its id when"],
    ["keeps the id over a session of somebody else", { rotates: false }, "over an existing session keeps"],
  ])("a login that %s", async (_what, options, evidence) => {
    const { on } = await diagnose(options);
    expect(on("fixation")).toMatchObject({ verdict: "warns" });
    expect(on("fixation").evidence).toContain(evidence);
  });

  it("a form with a CSRF token and a login that gives a new id are fine", async () => {
    const { on } = await diagnose({ csrf: true });
    expect(on("fixation")).toMatchObject({ verdict: "ok" });
    expect(on("anonymous").evidence).toContain("Visitors get a session");
  });

  it("a login that is answered before the session is saved", async () => {
    const { on } = await diagnose({ savesLateByMs: 60 });
    expect(on("save order")).toMatchObject({ verdict: "warns" });
  });

  it("a secure cookie behind a trusted proxy, and what it needs", async () => {
    const options: Partial<LegacyOptions> = {
      trustProxy: true,
      session: { cookie: { secure: true, maxAge: 600_000 } },
    };
    const plain = await diagnose(options);
    expect(plain.on("login")).toMatchObject({ verdict: "warns" });
    expect(plain.on("login").advice).toContain("listen.tls");
    expect(plain.on("subject")).toMatchObject({ verdict: "ok" });
    const { url } = legacy as LegacyDouble;
    const config = { listen: { trustedProxies: ["127.0.0.1"] } };
    const behindBalancer = await runDoctor({ legacyUrl: url, redisUrl: redis.url, config });
    expect(behindBalancer.on("login")).toMatchObject({ verdict: "ok" });
  });

  it("a secure cookie without a trusted proxy, which nobody ever gets", async () => {
    const { on, findings } = await diagnose({ session: { cookie: { secure: true } } });
    expect(on("login")).toMatchObject({ verdict: "cannot-tell" });
    expect(on("login").advice).toContain("trust proxy");
    expect(findings.map(({ topic }) => topic)).not.toContain("subject");
  });

  it("resave, sessions without attributes of safety, and sessions for visitors", async () => {
    const { on } = await diagnose({
      session: { resave: true, saveUninitialized: true, cookie: { maxAge: 600_000, httpOnly: false, path: "/" } },
    });
    expect(on("resave")).toMatchObject({ verdict: "warns" });
    expect(on("attributes")).toMatchObject({ verdict: "warns" });
    expect(on("attributes").advice).toMatch(/sameSite.*httpOnly/);
    expect(on("anonymous").evidence).toContain("Visitors get a session");
  });

  it("a page that changes the session proves neither rolling nor resave", async () => {
    const { on } = await diagnose({ countsVisits: true });
    expect(on("resave")).toMatchObject({ verdict: "cannot-tell" });
    expect(on("rolling")).toMatchObject({ verdict: "cannot-tell" });
  });

  it("a subject that visitors have as well", async () => {
    const { on } = await diagnose({ csrf: true }, { session: { subject: "/csrf" } });
    expect(on("anonymous")).toMatchObject({ verdict: "warns" });
  });
});

describe("logouts", () => {
  it.each([
    ["destroy", "ok", "deleted the session and took the cookie back"],
    ["regenerate", "ok", "began another (regenerate)"],
    ["unset", "ok", "took the user out and kept the session"],
    ["nothing", "warns", "still has the user at /user/id"],
  ] as const)("%s", async (logout, verdict, evidence) => {
    const { on } = await diagnose({ logout });
    expect(on("logout")).toMatchObject({ verdict });
    expect(on("logout").evidence).toContain(evidence);
  });

  it("by a link, and by a form with a token", async () => {
    expect((await diagnose({ logoutBy: "GET" })).on("logout").evidence).toContain("GET /logout?now=1 (303) deleted");
    await legacy?.close();
    expect((await diagnose({ csrf: true })).on("logout").evidence).toContain("POST /logout (303) deleted");
  });

  it("one that is elsewhere is asked for", async () => {
    const { on } = await diagnose({}, { args: [...LOGIN, "--logout", "/signout"] });
    expect(on("logout")).toMatchObject({ verdict: "cannot-tell" });
    expect(on("logout").advice).toContain("--logout PATH");
  });
});

describe("Redis", () => {
  it("without tracking and events means that every session is read, and events mend it", async () => {
    const without = await diagnose();
    expect(without.on("invalidation")).toMatchObject({ verdict: "warns" });
    await client.config("SET", "notify-keyspace-events", "Kg$x");
    try {
      const { url } = legacy as LegacyDouble;
      const withEvents = await runDoctor({ legacyUrl: url, redisUrl: redis.url });
      expect(withEvents.on("invalidation").evidence).toContain("mode keyspace");
    } finally {
      await client.config("SET", "notify-keyspace-events", "");
    }
  });

  it("another one than legacy's is noticed", async () => {
    const other = await startRedis("embedded");
    try {
      const { url } = await start();
      const { code, on } = await runDoctor({ legacyUrl: url, redisUrl: other.url });
      expect(code).toBe(1);
      expect(on("store").evidence).toContain("nor under any other key of this server");
    } finally {
      await other.stop();
    }
  });
});

describe("without a login of one's own", () => {
  it("a browser's cookie is enough, and it stays logged in", async () => {
    const { url } = await start();
    const form = new URLSearchParams({ mail: "alice", "secret word": "right", next: "/a&b", remember: "yes" });
    const login = await fetch(`${url}/login`, { method: "POST", body: form, redirect: "manual" });
    const cookie = login.headers.getSetCookie()[0]?.split(";")[0] as string;
    const args = ["--cookie", `theme=dark; ${cookie}`, "--page", "/account"];
    const { code, on, result } = await runDoctor({ legacyUrl: url, redisUrl: redis.url, args });
    expect(code).toBe(0);
    expect(result.error).toBe("");
    expect(on("subject")).toMatchObject({ verdict: "ok" });
    expect(on("touch")).toMatchObject({ verdict: "ok" });
    expect(await client.keys("*")).toHaveLength(1);
  });

  it("a look from outside logs nobody in and still tells of visitors and Redis", async () => {
    const { on, findings } = await diagnose({}, { args: ["--no-login"] });
    expect(legacy?.requests).toEqual(["GET /", "GET /login"]);
    expect(on("clock")).toMatchObject({ verdict: "ok" });
    expect(findings.map(({ topic }) => topic)).not.toContain("login");
  });
});

describe("what keeps the doctor from looking is one sentence and exit code 1", () => {
  it.each([
    ["a wrong password", ["--user", "alice", "--password", "wrong"], /refused the login.*the form again/],
    ["a login page without a form", [...LOGIN, "--login", "/account"], /shows no form with a user and a password/],
    ["a login page that is not there", [...LOGIN, "--login", "/nowhere", "--form", "a=b"], /Nobody logs in there.*404/],
    ["nobody to log in as", [], /Say whom to log in as/],
    ["an empty cookie", ["--cookie", "nothing"], /--cookie holds no cookie/],
  ])("%s", async (_what, args, message) => {
    const { url } = await start();
    const { code, error } = await runPlainly({ legacyUrl: url, redisUrl: redis.url, args });
    expect(code).toBe(1);
    expect(error).toMatch(message);
  });

  it("legacy or Redis that do not answer", async () => {
    const { url } = await start();
    const noLegacy = await runPlainly({ legacyUrl: "http://127.0.0.1:9", redisUrl: redis.url });
    expect(noLegacy).toMatchObject({
      code: 1,
      error: expect.stringMatching(/Legacy does not answer.*ECONNREFUSED/) as string,
    });
    const noRedis = await runPlainly({ legacyUrl: url, redisUrl: "redis://127.0.0.1:9" });
    expect(noRedis).toMatchObject({
      code: 1,
      error: expect.stringMatching(/Redis does not answer.*ECONNREFUSED/) as string,
    });
  });

  it("a routes.json with mistakes", async () => {
    const { url } = await start();
    const { code, error } = await runPlainly({ legacyUrl: url, redisUrl: redis.url, session: { typo: 1 } });
    expect(code).toBe(1);
    expect(error).toMatch(/figway check says which/);
  });
});
