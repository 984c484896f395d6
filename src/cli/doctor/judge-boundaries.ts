import type { JsonValue } from "../../model/json.ts";
import { compileJsonPointer } from "../../identity/session/json-pointer.ts";
import type { ExpectedSession } from "./expected-session.ts";
import type { Finding } from "./finding.ts";
import { payloadOf, readsUser, subjectPointer } from "./judge-user.ts";
import type { LogoutSeen, Observations, WhoamiSeen } from "./observations.ts";
import { leavesOf } from "./user-candidates.ts";

/** Where a session begins to be somebody's, and where it ends to be. */
export function judgeBoundaries(seen: Observations, expected: ExpectedSession): Finding[] {
  const findings = [judgeAnonymous(seen, expected)];
  const fixation = judgeFixation(seen);
  if (fixation !== undefined) findings.push(fixation);
  if (seen.logout !== undefined) findings.push(judgeLogout(seen.logout, seen, expected));
  return findings;
}

function judgeAnonymous({ anonymous, session }: Observations, expected: ExpectedSession): Finding {
  const topic = "anonymous";
  const { session: before, paths } = anonymous;
  // Before a login nobody can tell an application's other cookies from its session.
  if (before === undefined || (session !== undefined && before.cookie !== session.cookie)) {
    return { topic, verdict: "ok", evidence: `Visitors get no session at ${paths.join(" and ")}.` };
  }
  const evidence = `Visitors get a session at ${paths.join(" or ")} (saveUninitialized, or a page that uses it).`;
  const payload = payloadOf(before.stored);
  if (payload === undefined || !readsUser(payload, expected)) return { topic, verdict: "ok", evidence };
  return {
    topic,
    verdict: "warns",
    evidence: `${evidence} It has something at ${expected.subject} already, so figway would take visitors for users.`,
    advice:
      "Point identity.session.subject at what only a login sets, or say in identity.session.authenticated what must hold.",
  };
}

function judgeFixation({ login, session, secondLogin }: Observations): Finding | undefined {
  const topic = "fixation";
  if (login === undefined || session === undefined) return undefined;
  const warning = {
    topic,
    verdict: "warns",
    advice:
      "Call req.session.regenerate() at the login: otherwise whoever plants a session in a browser has the user's.",
  } as const;
  if (login.nameBefore !== undefined) {
    if (login.nameBefore === session.name)
      return { ...warning, evidence: "The session keeps its id when a user logs in." };
    return { topic, verdict: "ok", evidence: "The session gets a new id when a user logs in." };
  }
  if (secondLogin === undefined || (secondLogin.keptName && !secondLogin.isComparable)) {
    return { topic, verdict: "cannot-tell", evidence: "Legacy takes no second login over an existing session." };
  }
  if (secondLogin.keptName) return { ...warning, evidence: "A login over an existing session keeps its id." };
  return { topic, verdict: "ok", evidence: "A login over an existing session gives it a new id." };
}

function judgeLogout(logout: LogoutSeen, seen: Observations, expected: ExpectedSession): Finding {
  const { method, path, status, before, after, cookie } = logout;
  const said = `${method} ${path} (${status})`;
  if (status >= 400) {
    const evidence = `${said} logged nobody out; the doctor's own session is left to end by itself.`;
    return { topic: "logout", verdict: "cannot-tell", evidence, advice: "Name the path with --logout PATH." };
  }
  if (seen.whoami !== undefined) return judgeLogoutByWord(said, seen.whoami, expected);
  const pointer = subjectPointer(seen, expected);
  const [payload, payloadBefore] = [payloadOf(after), payloadOf(before)];
  if (before === undefined || payloadBefore === undefined || pointer === undefined) {
    return { topic: "logout", verdict: "cannot-tell", evidence: `${said}: nobody knows where the session lies.` };
  }
  if (payload === undefined) {
    const what = cookie === "replaced" ? "deleted the session and began another (regenerate)" : "deleted the session";
    return { topic: "logout", verdict: "ok", evidence: `${said} ${what} and ${cookieText(cookie)}.` };
  }
  if (!isThere(pointer, payload) || (pointer === expected.subject && !readsUser(payload, expected))) {
    const evidence = `${said} took the user out and kept the session, under the same id; figway notices.`;
    return { topic: "logout", verdict: "ok", evidence };
  }
  return stillThere(said, { pointer, payload, payloadBefore });
}

/** Where legacy is asked who the user is, it is asked after the logout as well. */
function judgeLogoutByWord(said: string, { loggedOut }: WhoamiSeen, expected: ExpectedSession): Finding {
  const topic = "logout";
  const isNobody =
    loggedOut?.kind === "nobody" || (loggedOut?.kind === "document" && !readsUser(loggedOut.document, expected));
  if (isNobody)
    return { topic, verdict: "ok", evidence: `After ${said} legacy says that the same cookies are nobody's.` };
  if (loggedOut?.kind !== "document") {
    return { topic, verdict: "cannot-tell", evidence: `After ${said} legacy did not say whose the cookies are.` };
  }
  return {
    topic,
    verdict: "warns",
    evidence: `After ${said} legacy still says that the same cookies are the user's.`,
    advice: "Let legacy end the session at the logout; if this is not its logout, name it with --logout PATH.",
  };
}

function stillThere(
  said: string,
  { pointer, payload, payloadBefore }: { pointer: string; payload: object; payloadBefore: object },
): Finding {
  const evidence = `After ${said} the session still has the user at ${pointer}`;
  const flag = flagChangedBy(payloadBefore, payload);
  if (flag === undefined) {
    return {
      topic: "logout",
      verdict: "warns",
      evidence: `${evidence}: whoever keeps the cookie stays logged in, on both sides.`,
      advice: "Let legacy destroy the session at the logout; if this is not its logout, name it with --logout PATH.",
    };
  }
  return {
    topic: "logout",
    verdict: "differs",
    evidence: `${evidence}; what changed is ${flag.pointer}.`,
    set: { identity: { session: { authenticated: { pointer: flag.pointer, equals: flag.value } } } },
  };
}

/** The boolean, or other scalar, that tells a logged-in session from a logged-out one. */
function flagChangedBy(before: object, after: object): { pointer: string; value: JsonValue } | undefined {
  const changed = leavesOf(before).filter(
    ({ pointer, value }) => typeof value !== "object" && compileJsonPointer(pointer)(after) !== value,
  );
  return changed.find(({ value }) => typeof value === "boolean");
}

function isThere(pointer: string, payload: object): boolean {
  const value = compileJsonPointer(pointer)(payload);
  return value !== undefined && value !== null && value !== "";
}

function cookieText(cookie: LogoutSeen["cookie"]): string {
  if (cookie === "cleared") return "took the cookie back";
  return cookie === "replaced" ? "set another cookie" : "left the browser its cookie, which is worth nothing now";
}
