import { decodeCookieValue } from "../../identity/cookies/cookie-values.ts";
import { unsignSessionId } from "../../identity/cookies/unsign-session-id.ts";
import { type DecodedSession, decodeSession } from "../../identity/session/decode-session.ts";
import type { ExpectedSession } from "./expected-session.ts";
import type { Search, SessionStoreView, StoredText } from "./session-store-view.ts";
import type { SetCookie } from "./set-cookie.ts";
import type { Visitor } from "./visitor.ts";

/** The session of a visitor, as far as it can be seen from outside. */
export interface SessionSight {
  readonly cookie: string;
  /** The Set-Cookie field that it came in; undefined where the cookie was given to us. */
  readonly set: SetCookie | undefined;
  /** Whether the value has the form `s:<id>.<signature>` of express-session. */
  readonly looksSigned: boolean;
  /** The id, or where the value has another form all of it: what stays the same for as long as the session does. */
  readonly name: string;
  /** The id, whether a secret is known for it or not; undefined where the value has another form. */
  readonly id: string | undefined;
  /** Which of the configured secrets signed it; -1: none of them. */
  readonly secretIndex: number;
  readonly stored: StoredSession | undefined;
  /** How the search ended, where the session does not lie where routes.json says. */
  readonly search: Search | undefined;
}

export interface StoredSession extends StoredText {
  readonly prefix: string;
  readonly decoded: DecodedSession;
}

/** Finds the visitor's session cookie and looks its session up; undefined where the visitor has no such cookie. */
export async function sightSession(
  visitor: Visitor,
  expected: ExpectedSession,
  store: SessionStoreView | undefined,
): Promise<SessionSight | undefined> {
  const picked = pickSessionCookie(visitor.cookies, expected.cookie);
  if (picked === undefined) return undefined;
  const [cookie, rawValue] = picked;
  const value = decodeCookieValue(rawValue);
  const id = idOf(value);
  const secretIndex = expected.secrets.findIndex((secret) => unsignSessionId(value, [secret]) !== undefined);
  const found = id === undefined || store === undefined ? undefined : await lookUp(id, expected.prefix, store);
  return {
    cookie,
    set: visitor.lastSet.get(cookie),
    looksSigned: id !== undefined,
    name: id ?? value,
    id,
    secretIndex,
    stored: found?.stored,
    search: found?.search,
  };
}

/** Reads the session again where it was found before. */
export async function readAgain(store: SessionStoreView, { key, database, prefix }: StoredSession) {
  return asSession(await store.read(key, database), prefix);
}

/** The cookie of the configured name; else one that express-session has signed; else one that another stack is known for. */
export function pickSessionCookie(
  cookies: ReadonlyMap<string, string>,
  expectedName: string,
): readonly [name: string, value: string] | undefined {
  const expected = cookies.get(expectedName);
  if (expected !== undefined) return [expectedName, expected];
  const all = [...cookies];
  return (
    all.find(([, value]) => idOf(decodeCookieValue(value)) !== undefined) ??
    all.find(([name]) => OTHER_STACK.test(name))
  );
}

/** PHP, Java, Django, Rails, Laravel, ASP.NET: legacy that is asked by HTTP instead. */
const OTHER_STACK =
  /^(?:PHPSESSID|JSESSIONID|SESSION|sessionid|laravel_session|ASP\.NET_SessionId|\.AspNetCore\..+|_.+_session)$/;
const SIGNED_ID = /^s:(.+)\.[A-Za-z0-9+/]{43}$/;

function idOf(value: string): string | undefined {
  return SIGNED_ID.exec(value)?.[1];
}

async function lookUp(
  id: string,
  prefix: string,
  store: SessionStoreView,
): Promise<{ stored?: StoredSession; search?: Search }> {
  const here = asSession(await store.read(prefix + id), prefix);
  if (here !== undefined) return { stored: here };
  const search = await store.search(id);
  if (search.kind === "not-found") return { search };
  const foundPrefix = search.key.slice(0, -id.length);
  const stored = asSession(await store.read(search.key, search.database), foundPrefix);
  return stored === undefined ? { search } : { stored, search };
}

function asSession(stored: StoredText | undefined, prefix: string): StoredSession | undefined {
  return stored && { ...stored, prefix, decoded: decodeSession(stored.text ?? null) };
}
