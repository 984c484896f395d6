import { createHmac } from "node:crypto";
import { RedisStore } from "connect-redis";
import { RedisStore as RedisStore10 } from "connect-redis-10";
import session, { type Store } from "express-session";
import { asyncProperty, assert, constantFrom, jsonValue, oneof, record, string } from "fast-check";
import { expect, it } from "vitest";
import { decodeSession } from "../../../src/identity/session/decode-session.ts";

const SECRET = "a secret";
const COOKIE = `connect.sid=s%3Aabc.${encodeURIComponent(createHmac("sha256", SECRET).update("abc").digest("base64").replace(/=+$/, ""))}`;

type Verdict = ReturnType<typeof decodeSession>["kind"];

/** What express-session makes of a stored text: it keeps the session, starts anew, or passes an error on. */
function verdictOfLegacy(storeOf: (client: object) => Store): (text: string) => Promise<Verdict> {
  let stored = "";
  const middleware = session({
    store: storeOf({ get: async () => stored }),
    secret: SECRET,
    resave: false,
    saveUninitialized: false,
  });
  return (text) => {
    stored = text;
    const request = { headers: { cookie: COOKIE }, url: "/", originalUrl: "/" } as { sessionID?: string };
    return new Promise((resolve) => {
      middleware(request as never, { writeHead() {}, end() {} } as never, (error?: unknown) => {
        if (error !== undefined) resolve("invalid");
        else resolve(request.sessionID === "abc" ? "session" : "none");
      });
    });
  };
}

const TEXTS = [
  "",
  " ",
  "null",
  "false",
  "0",
  '""',
  "1",
  "true",
  '"text"',
  "[]",
  "{}",
  "{",
  "undefined",
  '{"cookie":null}',
  '{"cookie":0}',
  '{"cookie":""}',
  '{"cookie":false}',
  '{"cookie":1}',
  '{"cookie":"x"}',
  '{"cookie":[]}',
  '{"cookie":{}}',
  '{"cookie":{"originalMaxAge":null,"expires":null},"user":1}',
  '{"cookie":{"originalMaxAge":60000,"expires":"2001-01-01T00:00:00.000Z"}}',
  '{"cookie":{"expires":"no date"}}',
];

const VERSIONS: Record<string, (client: object) => Store> = {
  "8.1": (client) => new RedisStore({ client }),
  "10": (client) => new RedisStore10({ client: client as never }),
};

for (const [version, storeOf] of Object.entries(VERSIONS)) {
  const verdictOf = verdictOfLegacy(storeOf);

  it(`takes a stored text for what express-session with connect-redis ${version} takes it for`, async () => {
    for (const text of TEXTS) expect([text, decodeSession(text).kind]).toEqual([text, await verdictOf(text)]);
    const cookie = oneof(
      record({}),
      constantFrom(null, 0, 1, "", "x", [], true),
      record({ originalMaxAge: constantFrom(1, null, "x") }),
    );
    const texts = oneof(
      string(),
      jsonValue().map((value) => JSON.stringify(value)),
      record({ cookie, user: jsonValue() }, { requiredKeys: [] }).map((value) => JSON.stringify(value)),
    );
    await assert(
      asyncProperty(texts, async (text) => {
        expect(decodeSession(text).kind).toBe(await verdictOf(text));
      }),
      { numRuns: 500 },
    );
  });
}

it("reads the life that the cookie was given, and none where it says none", () => {
  const lifeOf = (originalMaxAge: unknown) => decodeSession(JSON.stringify({ cookie: { originalMaxAge } }));
  expect(lifeOf(60_000)).toMatchObject({ cookie: { originalMaxAgeMs: 60_000 } });
  for (const none of [null, undefined, 0, -1, "60000"])
    expect(lifeOf(none)).toMatchObject({ cookie: { originalMaxAgeMs: undefined } });
});
