import type { JsonObject } from "../../model/json.ts";
import type { ExpectedSession } from "./expected-session.ts";
import type { Finding } from "./finding.ts";
import type { Observations } from "./observations.ts";
import type { SessionSight, StoredSession } from "./session-sight.ts";
import { withDatabase, withoutPassword } from "./session-store-view.ts";

/** Where the session lies in Redis, and whether it was there in time. */
export function judgeStore(seen: Observations, expected: ExpectedSession): Finding[] {
  const { session, login, redis } = seen;
  if (session?.id === undefined || redis === undefined) return [];
  const { stored } = session;
  if (stored === undefined) return [notFound(session, expected)];
  const findings = [judgePlace(stored, expected, redis.database)];
  if (login?.storedAtHead !== undefined) findings.push(judgeSaveOrder(login.storedAtHead));
  return findings;
}

function notFound({ search }: SessionSight, { prefix, store = "" }: ExpectedSession): Finding {
  const elsewhere =
    search?.kind === "not-found" && search.complete
      ? "nor under any other key of this server"
      : "nor, as far as a few seconds' search can tell, under any other key";
  return {
    topic: "store",
    verdict: "differs",
    evidence: `The session is not in Redis at ${withoutPassword(store)}: not under ${prefix}<id>, ${elsewhere}.`,
    advice:
      "Legacy uses another Redis: give figway the same one. Or it stores nothing: connect-redis 9 and 10 do not with a raw ioredis client.",
  };
}

function judgePlace(stored: StoredSession, expected: ExpectedSession, home: number): Finding {
  const where = `The session lies in database ${stored.database} under ${stored.prefix}<id>`;
  const unreadable = unreadableBecause(stored);
  if (unreadable !== undefined) {
    return {
      topic: "store",
      verdict: "warns",
      evidence: `${where}, but ${unreadable}: figway cannot read it as express-session's.`,
      advice: 'Let figway ask legacy who the user is: "kind": "whoami" (docs/configuration.md).',
    };
  }
  const isElsewhere = stored.database !== home;
  if (!isElsewhere && stored.prefix === expected.prefix)
    return { topic: "store", verdict: "ok", evidence: `${where}.` };
  const evidence = `${where}; routes.json says database ${home}, ${expected.prefix}<id>.`;
  const session: Record<string, string> = {};
  if (stored.prefix !== expected.prefix) session["prefix"] = stored.prefix;
  const finding: Finding = { topic: "store", verdict: "differs", evidence };
  const store = isElsewhere && expected.store !== undefined ? withDatabase(expected.store, stored.database) : undefined;
  const advice =
    store === undefined || isWritable(store, expected)
      ? undefined
      : `Let the variable in identity.session.store end in /${stored.database}, as in ${withoutPassword(store)}`;
  if (store !== undefined && advice === undefined) session["store"] = store;
  const set: JsonObject = { identity: { session } };
  return {
    ...finding,
    ...(advice === undefined ? {} : { advice }),
    ...(Object.keys(session).length === 0 ? {} : { set }),
  };
}

/** What comes from the environment stays there, above all a password. */
function isWritable(store: string, { storeIsLiteral }: ExpectedSession): boolean {
  return storeIsLiteral && new URL(store).password === "";
}

function unreadableBecause({ text, decoded }: StoredSession): string | undefined {
  if (text === undefined) return "it is no string";
  return decoded.kind === "invalid" ? decoded.cause : undefined;
}

function judgeSaveOrder(storedAtHead: boolean): Finding {
  if (storedAtHead) {
    return { topic: "save order", verdict: "ok", evidence: "The session was saved before the login was answered." };
  }
  return {
    topic: "save order",
    verdict: "warns",
    evidence: "When the head of the login's answer came, the session was not saved yet.",
    advice:
      "A browser that follows the redirect at once may find nobody logged in: let legacy call req.session.save() before it redirects.",
  };
}
