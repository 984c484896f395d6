import type { WhoamiAnswer } from "../../identity/whoami/whoami-endpoint.ts";
import { CommandFailure } from "../command-failure.ts";
import type { ExpectedSession } from "./expected-session.ts";
import { loginFormOf } from "./html-forms.ts";
import { type Credentials, type Login, type LoginRequest, logIn } from "./log-in.ts";
import type { LoginSeen, SecondLogin } from "./observations.ts";
import { pickSessionCookie, type SessionSight, sightSession } from "./session-sight.ts";
import type { SessionStoreView } from "./session-store-view.ts";
import type { Site, Visitor } from "./visitor.ts";

/** Who looks: a user to log in as, the cookies of a browser that is logged in, or nobody. */
export type Patient =
  | { readonly kind: "login"; readonly credentials: Credentials }
  | { readonly kind: "cookie"; readonly cookies: ReadonlyMap<string, string> }
  | { readonly kind: "no-login" };

export interface Examination {
  readonly site: Site;
  readonly expected: ExpectedSession;
  /** undefined: there is no Redis to look at. */
  readonly store: SessionStoreView | undefined;
  /** What legacy says of these cookies; undefined: routes.json does not have it asked. */
  readonly whoami: ((cookies: ReadonlyMap<string, string>) => Promise<WhoamiAnswer>) | undefined;
  readonly patient: Patient;
  readonly loginPath: string;
  /** undefined: `/logout`, and only after a login of our own. */
  readonly logoutPath: string | undefined;
  /** A page of logged-in users; undefined: where the login leads. */
  readonly pagePath: string | undefined;
}

/** Somebody who is logged in, or nobody. */
export interface Entered {
  readonly visitor: Visitor | undefined;
  readonly session: SessionSight | undefined;
  readonly login: LoginSeen | undefined;
  readonly username: string | undefined;
  readonly landsOn: string;
}

/** @throws CommandFailure where the login is refused */
export async function enter(examination: Examination): Promise<Entered> {
  const { site, expected, store, patient } = examination;
  switch (patient.kind) {
    case "no-login":
      return { visitor: undefined, session: undefined, login: undefined, username: undefined, landsOn: "/" };
    case "cookie": {
      const visitor = site.visitor({ cookies: patient.cookies });
      const session = await sightSession(visitor, expected, store);
      return { visitor, session, login: undefined, username: undefined, landsOn: "/" };
    }
    case "login":
      return enterByLogin(examination, patient.credentials);
  }
}

async function enterByLogin(examination: Examination, credentials: Credentials): Promise<Entered> {
  const plain = await logInAs(examination, credentials, undefined);
  const username = usernameOf(credentials);
  if (plain.session !== undefined) return { ...plain, username };
  // express-session withholds a `secure` cookie from what it takes for plain http (FACTS: `cookie.secure`).
  const secure = await logInAs(examination, credentials, "https");
  const { session } = secure;
  const forwardedProto = session === undefined ? "in-vain" : "needed";
  const chosen = session === undefined ? plain : secure;
  return { ...chosen, username, login: { ...chosen.login, forwardedProto } };
}

async function logInAs(
  { site, expected, store, loginPath }: Examination,
  credentials: Credentials,
  scheme: "https" | undefined,
): Promise<{ visitor: Visitor; session: SessionSight | undefined; login: LoginSeen; landsOn: string }> {
  const visitor = site.visitor({ scheme });
  let before: SessionSight | undefined;
  // The form may start a session, which the login then keeps or replaces.
  const onForm = async (): Promise<void> => {
    before = await sightSession(visitor, expected, store);
  };
  let storedAtHead: boolean | undefined;
  const onHead = async (): Promise<void> => {
    storedAtHead = await isStored(visitor, expected, { store, before });
  };
  const done = await logIn(visitor, { loginPath, credentials, onForm, onHead });
  const session = await sightSession(visitor, expected, store);
  const decodedBefore = before?.stored?.decoded;
  const login: LoginSeen = {
    path: done.path,
    status: done.answer.status,
    location: done.answer.location,
    forwardedProto: "not-needed",
    setNames: done.answer.setCookies.map(({ name }) => name),
    nameBefore: before?.name,
    payloadBefore: decodedBefore?.kind === "session" ? decodedBefore.payload : undefined,
    storedAtHead: session?.stored === undefined ? undefined : storedAtHead,
  };
  return { visitor, session, login, landsOn: done.landsOn };
}

/** Whether the session that the login's answer names is in Redis now, in the state that the login made. */
async function isStored(
  visitor: Visitor,
  expected: ExpectedSession,
  { store, before }: { store: SessionStoreView | undefined; before: SessionSight | undefined },
): Promise<boolean | undefined> {
  if (store === undefined || pickSessionCookie(visitor.cookies, expected.cookie) === undefined) return undefined;
  const now = await sightSession(visitor, expected, store);
  if (now?.stored === undefined) return false;
  return now.name !== before?.name || now.stored.text !== before?.stored?.text;
}

/** Logs in once more in the same browser, unless the first login has shown already what becomes of the id. */
export async function logInAgain(examination: Examination, entered: Entered): Promise<SecondLogin | undefined> {
  const { patient, loginPath, expected, store } = examination;
  const { visitor, session, login } = entered;
  if (patient.kind !== "login" || visitor === undefined || login === undefined) return undefined;
  if (session === undefined || login.nameBefore !== undefined) return undefined;
  const page = await visitor.send({ method: "GET", path: loginPath });
  // Legacy that shows no form to a user who is logged in would have to be tricked into a second login.
  if (page.status >= 300 || (patient.credentials.kind === "user" && loginFormOf(page.body) === undefined)) {
    return undefined;
  }
  const answer = await tryLogIn(visitor, { loginPath, credentials: patient.credentials });
  if (answer === undefined) return undefined;
  const now = await sightSession(visitor, expected, store);
  return { keptName: now?.name === session.name, isComparable: isSameAnswer(answer, login) };
}

/** undefined: legacy refuses, a limit on logins perhaps; what was seen so far still counts. */
async function tryLogIn(visitor: Visitor, request: LoginRequest): Promise<Login["answer"] | undefined> {
  try {
    return (await logIn(visitor, request)).answer;
  } catch (error) {
    if (error instanceof CommandFailure) return undefined;
    throw error;
  }
}

function isSameAnswer(answer: Login["answer"], first: LoginSeen): boolean {
  return answer.status === first.status && answer.location === first.location;
}

/** What was typed in as the user's name: the first field that is neither hidden nor a password, as far as its name tells. */
export function usernameOf(credentials: Credentials): string | undefined {
  if (credentials.kind === "user") return credentials.user;
  const fields = credentials.fields.filter(([name]) => !/pass|pwd|token|csrf|secret|remember|next|return/i.test(name));
  return (fields.find(([name]) => /user|login|mail|name|account/i.test(name)) ?? fields[0])?.[1];
}
