import { createHmac } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import session, { Store } from "express-session";
import { array, assert, constantFrom, oneof, property, sample, string, tuple } from "fast-check";
import { afterAll, expect, it } from "vitest";
import { createExpressSessionResolver } from "../../../src/identity/resolvers/express-session-resolver.ts";
import { sessionHandle } from "../../../src/identity/session/session-handle.ts";
import { fieldValues } from "../../../src/model/raw-headers.ts";
import { requestOf } from "../../contracts/identity-resolver.contract.ts";
import { configOf, testDeps } from "../identity-worlds.ts";

const SECRETS = ["the newest secret", "an older one"];
const deps = testDeps();
// No store is ever asked: which session a cookie names is decided without one.
const resolver = createExpressSessionResolver({
  ...deps,
  config: configOf({ kind: "express-session", secrets: SECRETS, store: "redis://127.0.0.1:1", subject: "/user" }),
});
afterAll(() => resolver.close());

/** A store that only notes which session express-session asked it for. */
class AskedStore extends Store {
  asked: string | undefined;

  override get(sid: string, callback: (error: unknown, session?: session.SessionData | null) => void): void {
    this.asked = sid;
    callback(null, null);
  }

  override set(): void {}

  override destroy(): void {}
}

const store = new AskedStore();
const middleware = session({ store, secret: SECRETS, resave: false, saveUninitialized: false });

function sessionLegacyAsksFor(request: IncomingMessage, response: ServerResponse): string | undefined {
  store.asked = undefined;
  middleware(request as never, response as never, () => undefined);
  return store.asked;
}

function expectSameSession(cookieFields: readonly string[], legacy: string | undefined): void {
  const expected = legacy === undefined ? undefined : sessionHandle(legacy, deps.handleKey);
  expect(resolver.sessions.handleOf(requestOf(cookieFields))).toBe(expected);
}

function sign(id: string, secret: string): string {
  return `s:${id}.${createHmac("sha256", secret).update(id).digest("base64").replace(/=+$/, "")}`;
}

const sessionId = oneof(
  string({ minLength: 0, maxLength: 12 }),
  string({ unit: "grapheme", maxLength: 6 }),
  constantFrom("abc", "a.b.c", "kX2_-9", "a b", "ä", "", ".", "%41", "a;b", 'a"b', "a=b"),
);
const secret = constantFrom(...SECRETS, ...SECRETS, "nobody's secret");
const signed = tuple(sessionId, secret).map(([id, key]) => sign(id, key));
const spoiled = tuple(signed, constantFrom("cut", "no prefix", "unsigned", "padded", "S:", "twice")).map(
  ([value, how]) => {
    if (how === "cut") return value.slice(0, -1);
    if (how === "no prefix") return value.slice(2);
    if (how === "unsigned") return value.slice(0, value.lastIndexOf("."));
    if (how === "padded") return `${value}=`;
    return how === "S:" ? `S${value.slice(1)}` : `s:${value}`;
  },
);
const encode = constantFrom<(value: string) => string>(
  ...Array.from({ length: 12 }, () => encodeURIComponent),
  (value) => value,
  (value) => encodeURIComponent(value).toLowerCase(),
  (value) => encodeURIComponent(encodeURIComponent(value)),
  (value) => encodeURIComponent(value).replace("%", "%%"),
  (value) => `"${encodeURIComponent(value)}"`,
  (value) => `"${value}`,
  (value) => ` ${encodeURIComponent(value)}\t`,
  (value) =>
    value.replace(/./gu, (c) => (c.charCodeAt(0) < 128 ? `%${c.charCodeAt(0).toString(16).padStart(2, "0")}` : c)),
);
const cookieValue = oneof(
  {
    weight: 6,
    arbitrary: tuple(oneof({ weight: 8, arbitrary: signed }, spoiled), encode).map(([value, encoded]) =>
      encoded(value),
    ),
  },
  constantFrom("", '"', '""', "s:", "s%3A", "s:.", "%", "%zz", "null"),
  string({ maxLength: 8 }),
);
const cookieName = oneof(
  { weight: 6, arbitrary: constantFrom("connect.sid", " connect.sid ") },
  constantFrom("Connect.sid", "connect_sid", "x", "", "__proto__"),
);
const equals = oneof({ weight: 6, arbitrary: constantFrom("=", " = ", "\t=") }, constantFrom("=="));
const pair = oneof(
  { weight: 6, arbitrary: tuple(cookieName, equals, cookieValue).map((parts) => parts.join("")) },
  constantFrom("connect.sid", "connect.sid;", "novalue", " ", ";", "=", "=connect.sid", "connect.sid=;connect.sid"),
);
const separator = oneof({ weight: 4, arbitrary: constantFrom("; ", ";", " ;") }, constantFrom(",", ";;", ";\t"));
const field = tuple(array(pair, { minLength: 1, maxLength: 4 }), separator).map(([pairs, between]) =>
  pairs.join(between),
);

it("names the session that express-session asks its store for, whatever the Cookie field holds", () => {
  let named = 0;
  assert(
    property(array(field, { minLength: 1, maxLength: 3 }), (cookieFields) => {
      const request = { headers: { cookie: cookieFields.join("; ") }, url: "/", originalUrl: "/" };
      const legacy = sessionLegacyAsksFor(request as never, { writeHead() {}, end() {} } as never);
      if (legacy !== undefined) named++;
      expectSameSession(cookieFields, legacy);
    }),
    { numRuns: 6_000 },
  );
  // Were hardly any of them good cookies, the property would say little.
  expect(named).toBeGreaterThan(1_000);
});

it("names the same session when the Cookie fields come over a real socket", async () => {
  const answers: { fields: string[]; legacy: string | undefined }[] = [];
  const server = createServer((request, response) => {
    const fields = fieldValues(request.rawHeaders, "cookie");
    answers.push({ fields, legacy: sessionLegacyAsksFor(request, response) });
    response.end();
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const sent = sample(array(field.filter(isFieldValue), { minLength: 1, maxLength: 3 }), 400);
  const socket = connect((server.address() as AddressInfo).port, "127.0.0.1");
  for (const fields of sent) {
    const lines = fields.map((value) => `Cookie: ${value}\r\n`).join("");
    socket.write(Buffer.from(`GET / HTTP/1.1\r\nHost: shop.example\r\n${lines}\r\n`, "latin1"));
  }
  socket.end();
  socket.resume();
  await once(socket, "close");
  server.close();
  expect(answers).toHaveLength(sent.length);
  for (const { fields, legacy } of answers) expectSameSession(fields, legacy);
  expect(answers.filter(({ legacy }) => legacy !== undefined).length).toBeGreaterThan(50);
});

/** What Node's parser lets through as a field value. */
function isFieldValue(value: string): boolean {
  return /^[\t\x20-\x7e\x80-\xff]*$/.test(value);
}

it("takes the first of two sessions, as express-session does, and counts the contradiction", async () => {
  const [first, second] = ["one", "two"].map(
    (id) => `connect.sid=${encodeURIComponent(sign(id, SECRETS[0] as string))}`,
  );
  const before = deps.counts.conflicts;
  expectSameSession([`${first}; ${second}`], "one");
  expectSameSession([second as string, first as string], "two");
  expect(deps.counts.conflicts - before).toBe(2);
  expectSameSession([`${first}; ${first}`], "one");
  expectSameSession([`${first}; connect.sid=forged`], "one");
  expectSameSession([`connect.sid=forged; ${first}`], undefined);
  expect(deps.counts.conflicts - before).toBe(2);
});

it("refuses two different sessions where the configuration says so", async () => {
  const strict = createExpressSessionResolver({
    ...testDeps(),
    config: configOf({
      kind: "express-session",
      secrets: SECRETS,
      store: "redis://127.0.0.1:1",
      subject: "/user",
      duplicates: "refuse",
    }),
  });
  const cookies = ["one", "two"].map((id) => `connect.sid=${encodeURIComponent(sign(id, SECRETS[1] as string))}`);
  expect(strict.resolve(requestOf(cookies))).toEqual({ kind: "refused", reason: "conflicting-sessions" });
  expect(strict.resolve(requestOf(["connect.sid=a", "connect.sid=b"]))).toMatchObject({
    kind: "anonymous",
    reason: "bad-signature",
  });
  await strict.close();
});

it("answers a badly signed cookie without a promise, before any store could be asked, and counts it", () => {
  const before = deps.counts.badSignatures;
  expect(resolver.resolve(requestOf(["connect.sid=s%3Aabc.forged"]))).toEqual({
    kind: "anonymous",
    reason: "bad-signature",
    sessionHandle: undefined,
  });
  expect(deps.counts.badSignatures - before).toBe(1);
});
