import { once } from "node:events";
import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, it } from "vitest";
import { createWhoamiResolver } from "../../../src/identity/resolvers/whoami-resolver.ts";
import type { IdentityResolver, ResolveRequest } from "../../../src/model/identity.ts";
import { describeIdentityResolver, requestOf } from "../../contracts/identity-resolver.contract.ts";
import { takesLessThan, timeOf } from "../../doubles/takes-less-than.ts";
import { until } from "../../doubles/until.ts";
import { configOf, openWhoamiWorld, type TestDeps, testDeps } from "../identity-worlds.ts";

describeIdentityResolver("whoami, asked for each request", () => openWhoamiWorld());

describeIdentityResolver("whoami, with answers kept for a while", () => openWhoamiWorld({ cacheMs: 1_000 }));

interface Endpoint {
  readonly resolver: IdentityResolver;
  readonly deps: TestDeps;
  readonly asked: IncomingMessage[];
}

const closers: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).reverse()) await close();
});

async function endpoint(answer: RequestListener, config: Record<string, unknown> = {}): Promise<Endpoint> {
  const asked: IncomingMessage[] = [];
  const server: Server = createServer((req, res) => {
    asked.push(req);
    answer(req, res);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(async () => {
    server.closeAllConnections();
    server.close();
  });
  const deps = testDeps();
  const { port } = server.address() as AddressInfo;
  const resolver = createWhoamiResolver({
    ...deps,
    clock: deps.clock,
    config: configOf({
      kind: "whoami",
      url: `http://127.0.0.1:${port}/api/whoami?full=1`,
      cookies: ["PHPSESSID", "remember"],
      subject: "/user/id",
      claims: { name: "/user/name" },
      timeoutMs: 5_000,
      ...config,
    }),
  });
  closers.push(() => resolver.close());
  return { resolver, deps, asked };
}

const json =
  (document: unknown, status = 200): RequestListener =>
  (_req, res) =>
    res.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(document));

const ALICE = { user: { id: "alice", name: "Alice" }, csrf: "not for anybody" };
const REQUEST = requestOf(["PHPSESSID=abc"]);

it("sends the configured cookies byte for byte and no others, and says how the client came", async () => {
  const { resolver, asked } = await endpoint(json(ALICE));
  const request: ResolveRequest = {
    cookieFields: ['tracker=1; PHPSESSID=a%20b; remember="x=y"', "PHPSESSID=second"],
    scheme: "https",
    host: "shop.example:8443",
    clientAddress: "192.0.2.7",
  };
  expect(await resolver.resolve(request)).toMatchObject({ kind: "user", subject: "alice", claims: { name: "Alice" } });
  expect(asked[0]).toMatchObject({ method: "GET", url: "/api/whoami?full=1" });
  expect(asked[0]?.headers).toMatchObject({
    cookie: 'PHPSESSID=a%20b; remember="x=y"; PHPSESSID=second',
    accept: "application/json",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "shop.example:8443",
    "x-forwarded-for": "192.0.2.7",
  });
  expect(asked[0]?.headers["authorization"]).toBeUndefined();
});

it("takes 401, 403 and a document without a user for nobody", async () => {
  for (const answer of [json({}, 401), json({}, 403), json({ user: null }), json({}), json(null), json([])]) {
    const { resolver } = await endpoint(answer);
    expect(await resolver.resolve(REQUEST)).toMatchObject({ kind: "anonymous" });
  }
});

it("takes a redirect for a way to the login page, follows none, and can be told that it means nothing", async () => {
  const { resolver: elsewhere, asked: askedElsewhere } = await endpoint(json(ALICE));
  await elsewhere.resolve(REQUEST);
  const port = askedElsewhere[0]?.socket.localPort;
  const redirect: RequestListener = (_req, res) =>
    res.writeHead(302, { location: `http://127.0.0.1:${port}/` }).end("to the login");
  const { resolver } = await endpoint(redirect);
  expect(await resolver.resolve(REQUEST)).toMatchObject({ kind: "anonymous" });
  const { resolver: strict } = await endpoint(redirect, { redirectMeans: "unknown" });
  expect(await strict.resolve(REQUEST)).toMatchObject({ kind: "unknown" });
  expect(askedElsewhere).toHaveLength(1);
});

it("knows nothing where the answer cannot be understood, is too long, too slow, or cut off", async () => {
  const answers: RequestListener[] = [
    json(ALICE, 500),
    json(ALICE, 201),
    (_req, res) => res.end("<html>log in</html>"),
    (_req, res) => res.end(),
    (_req, res) => res.end(JSON.stringify({ ...ALICE, padding: "x".repeat(70_000) })),
    (_req, res) => res.write(JSON.stringify(ALICE)),
    (_req, res) => {
      res.writeHead(200, { "content-length": 1_000 }).write("{");
      setTimeout(() => res.destroy(), 10);
    },
    json({ user: { id: 2 ** 60 } }),
  ];
  for (const answer of answers) {
    await takesLessThan(600, async () => {
      const { resolver } = await endpoint(answer, { timeoutMs: 200 });
      return await timeOf(async () => expect(await resolver.resolve(REQUEST)).toMatchObject({ kind: "unknown" }));
    });
  }
});

it("bounds a user by the end of the session, where the answer says it", async () => {
  let end: unknown;
  const { resolver } = await endpoint((req, res) => json({ ...ALICE, end })(req, res), {
    sessionEnd: "/end",
    cacheMs: 5_000,
  });
  const inAMinuteMs = Math.ceil(Date.now() / 1_000) * 1_000 + 60_000;
  end = inAMinuteMs / 1_000;
  expect(await resolver.resolve(requestOf(["PHPSESSID=1"]))).toMatchObject({ sessionEndsAtMs: inAMinuteMs });
  end = new Date(inAMinuteMs).toISOString();
  expect(await resolver.resolve(requestOf(["PHPSESSID=2"]))).toMatchObject({ sessionEndsAtMs: inAMinuteMs });
  end = "someday";
  expect(await resolver.resolve(requestOf(["PHPSESSID=3"]))).toMatchObject({
    kind: "user",
    sessionEndsAtMs: undefined,
  });
  end = Date.now() / 1_000 - 1;
  expect(await resolver.resolve(requestOf(["PHPSESSID=4"]))).toMatchObject({ kind: "anonymous" });
});

it("keeps an answer no longer than configured, nor than the session lives", async () => {
  const { resolver, deps, asked } = await endpoint(json({ ...ALICE, end: Date.now() / 1_000 + 2 }), {
    sessionEnd: "/end",
    cacheMs: 1_000,
  });
  await resolver.resolve(REQUEST);
  expect(resolver.resolve(REQUEST)).toMatchObject({ kind: "user" });
  deps.advanceMs = 1_100;
  expect(await resolver.resolve(REQUEST)).toMatchObject({ kind: "user" });
  expect(asked).toHaveLength(2);
  deps.advanceMs = 2_050;
  expect(await resolver.resolve(REQUEST)).toMatchObject({ kind: "anonymous" });
  expect(asked).toHaveLength(3);
});

it("never keeps the answer that nobody is logged in", async () => {
  const { resolver, asked } = await endpoint(json({ user: null }), { cacheMs: 5_000 });
  for (let i = 1; i <= 3; i++) {
    expect(await resolver.resolve(REQUEST)).toMatchObject({ kind: "anonymous" });
    expect(asked).toHaveLength(i);
  }
});

it("keeps the answers of two hosts apart", async () => {
  const { resolver } = await endpoint(
    (req, res) => json({ user: { id: String(req.headers["x-forwarded-host"]) } })(req, res),
    {
      cacheMs: 5_000,
    },
  );
  for (const host of ["a.example", "b.example", "a.example"]) {
    expect(await resolver.resolve({ ...REQUEST, host })).toMatchObject({ kind: "user", subject: host });
  }
});

it("asks no more for a moment after several silences in a row, says so, and then tries once", async () => {
  let isSilent = true;
  const { resolver, deps, asked } = await endpoint(
    (req, res) => {
      if (!isSilent) json(ALICE)(req, res);
    },
    { failuresToPause: 3, pauseMs: 10_000, timeoutMs: 100 },
  );
  for (let i = 0; i < 3; i++) expect(await resolver.resolve(REQUEST)).toMatchObject({ kind: "unknown" });
  expect(resolver.health().ok).toBe(false);
  // Without a wait: even one time-out would be twice as long.
  await takesLessThan(50, () =>
    timeOf(async () => {
      for (let i = 0; i < 100; i++) expect(await resolver.resolve(REQUEST)).toMatchObject({ kind: "unknown" });
    }),
  );
  expect(asked).toHaveLength(3);
  deps.advanceMs = 10_100;
  const others = Array.from({ length: 5 }, (_, i) => resolver.resolve(requestOf([`PHPSESSID=${i}`])));
  for (const other of others) expect(await other).toMatchObject({ kind: "unknown" });
  expect(asked).toHaveLength(4);
  isSilent = false;
  await until("it is tried again, and answers in time", async () => {
    deps.advanceMs += 20_000;
    return (await resolver.resolve(REQUEST)).kind === "user";
  });
  expect(resolver.health().ok).toBe(true);
  expect(deps.logged).toEqual(["the whoami endpoint cannot be asked", "the whoami endpoint answers again"]);
});

it("does not stop asking for everybody because one client's cookie makes legacy fail", async () => {
  const { resolver } = await endpoint(
    (req, res) => json(ALICE, req.headers.cookie === "PHPSESSID=evil" ? 500 : 200)(req, res),
    { failuresToPause: 1 },
  );
  for (const cookie of ["PHPSESSID=evil", "PHPSESSID=\u0001", "PHPSESSID=\u0100"]) {
    expect(await resolver.resolve(requestOf([cookie]))).toMatchObject({ kind: "unknown" });
    expect(await resolver.resolve(REQUEST)).toMatchObject({ kind: "user" });
  }
});
