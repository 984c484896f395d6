import type { ExpectedSession } from "./expected-session.ts";
import type { Finding } from "./finding.ts";
import type { Observations, RepeatedVisit } from "./observations.ts";
import type { StoredSession } from "./session-sight.ts";

/** How long a session lives, and what prolongs it. */
export function judgeLife(seen: Observations, expected: ExpectedSession): Finding[] {
  const stored = seen.session?.stored;
  if (stored?.decoded.kind !== "session") return [];
  const { originalMaxAgeMs } = stored.decoded.cookie;
  const findings = [judgeMaxAge(stored, originalMaxAgeMs, expected)];
  const { visit } = seen;
  if (visit === undefined) return findings;
  findings.push(judgeRolling(visit, seen, expected));
  if (visit.before !== undefined)
    findings.push(judgeTouch(visit, seen, expected), judgeResave(visit, originalMaxAgeMs));
  return findings;
}

/** Two seconds' difference between ceilings and round trips say nothing. */
const SLACK_SECONDS = 2;

function judgeMaxAge({ remainingMs }: StoredSession, maxAgeMs: number | undefined, expected: ExpectedSession): Finding {
  const topic = "max age";
  if (remainingMs === undefined) {
    const evidence = "The session's key has no end (disableTTL): it lives until somebody deletes it.";
    return { topic, verdict: "warns", evidence, advice: "Let legacy's store give it a life." };
  }
  const lifeSeconds = Math.ceil(remainingMs / 1_000);
  if (maxAgeMs !== undefined) {
    const evidence = `cookie.maxAge is ${inWords(maxAgeMs / 1_000)}, and so long the key had to live (${inWords(lifeSeconds)}).`;
    if (Math.abs(lifeSeconds - maxAgeMs / 1_000) <= SLACK_SECONDS) return { topic, verdict: "ok", evidence };
    return {
      topic,
      verdict: "warns",
      evidence: `cookie.maxAge is ${inWords(maxAgeMs / 1_000)}, but the key had ${inWords(lifeSeconds)} to live.`,
      advice: "figway prolongs sessions to the max age; where that is wrong, set identity.session.touch to false.",
    };
  }
  const evidence = `Sessions have no max age; the store keeps them for ${inWords(lifeSeconds)}.`;
  if (Math.abs(lifeSeconds - expected.ttlSeconds) <= SLACK_SECONDS) return { topic, verdict: "ok", evidence };
  const set = { identity: { session: { ttlSeconds: lifeSeconds } } };
  return { topic, verdict: "differs", evidence: `${evidence} routes.json says ${inWords(expected.ttlSeconds)}.`, set };
}

function judgeRolling(visit: RepeatedVisit, seen: Observations, expected: ExpectedSession): Finding {
  const topic = "rolling";
  const { path, setAgain, before, after } = visit;
  const isRolling = setAgain !== undefined;
  const evidence = `GET ${path} ${isRolling ? "set the cookie again (rolling: true)" : "did not set the cookie again (no rolling)"}.`;
  if (isRolling === expected.rolling) return { topic, verdict: "ok", evidence };
  // A session with a max age that a page changes is sent again as well (express-session 1.19 index.js, shouldSetCookie).
  if (isRolling && before !== undefined && withoutCookie(before) !== withoutCookie(after)) {
    const changed = `GET ${path} set the cookie again, but it also changed the session, which is reason enough.`;
    return { topic, verdict: "cannot-tell", evidence: changed, advice: NAME_A_PAGE };
  }
  if (!isRolling && mayBeAFile(visit, seen)) return { topic, verdict: "cannot-tell", evidence, advice: NAME_A_PAGE };
  return {
    topic,
    verdict: "differs",
    evidence: `${evidence} routes.json says ${expected.rolling ? "that legacy does" : "nothing of rolling, so that a browser drops the cookie of whoever sees nothing but modern"}.`,
    set: { identity: { session: { rolling: isRolling } } },
  };
}

const NAME_A_PAGE = "Name a page of logged-in users with --page PATH.";

/** The home page may well be served without a session; where the login leads is a page of the user's. */
function mayBeAFile({ path, status }: RepeatedVisit, { login }: Observations): boolean {
  return status >= 400 || (path === "/" && login?.location !== "/");
}

/** What a renewal adds is the session's age; less than this is the noise of two clocks. */
const NOISE_MS = 20;

function judgeTouch(visit: RepeatedVisit, seen: Observations, expected: ExpectedSession): Finding {
  const topic = "touch";
  const { path, before, after } = visit;
  if (before?.remainingMs === undefined || after?.remainingMs === undefined) {
    return { topic, verdict: "cannot-tell", evidence: `After GET ${path} the session was gone or had no end.` };
  }
  const unaided = before.remainingMs - (after.readAtMs - before.readAtMs);
  if (after.remainingMs > unaided + NOISE_MS) {
    const evidence = `GET ${path} prolonged the session to its whole life again.`;
    if (expected.touch) return { topic, verdict: "ok", evidence };
    const set = { identity: { session: { touch: true } } };
    return { topic, verdict: "differs", evidence: `${evidence} routes.json says that legacy does not.`, set };
  }
  const evidence = `GET ${path} did not prolong the session (disableTouch, or a page without a session).`;
  if (!expected.touch) return { topic, verdict: "ok", evidence };
  if (mayBeAFile(visit, seen)) return { topic, verdict: "cannot-tell", evidence, advice: NAME_A_PAGE };
  return { topic, verdict: "differs", evidence, set: { identity: { session: { touch: false } } } };
}

function judgeResave({ path, before, after }: RepeatedVisit, maxAgeMs: number | undefined): Finding {
  const topic = "resave";
  if (after === undefined)
    return { topic, verdict: "cannot-tell", evidence: `After GET ${path} the session was gone.` };
  if (before?.text === after.text) {
    if (maxAgeMs !== undefined) return { topic, verdict: "ok", evidence: `GET ${path} did not write the session.` };
    const evidence = "Sessions without a max age look the same after a resave.";
    return { topic, verdict: "cannot-tell", evidence };
  }
  if (withoutCookie(before) !== withoutCookie(after)) {
    return { topic, verdict: "cannot-tell", evidence: `GET ${path} itself changes something in the session.` };
  }
  return {
    topic,
    verdict: "warns",
    evidence: `GET ${path} wrote the session although it changed nothing in it (resave: true).`,
    advice: "Set resave: false in legacy: of two requests at once the slower one wins, also over a logout.",
  };
}

function withoutCookie(stored: StoredSession | undefined): string {
  if (stored?.decoded.kind !== "session") return "";
  return JSON.stringify({ ...stored.decoded.payload, cookie: undefined });
}

function inWords(seconds: number): string {
  if (seconds < 120) return `${Math.round(seconds)} s`;
  if (seconds < 7_200) return `${Math.round(seconds / 60)} min`;
  return seconds < 172_800 ? `${Math.round(seconds / 3_600)} h` : `${Math.round(seconds / 86_400)} days`;
}
