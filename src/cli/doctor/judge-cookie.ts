import type { ExpectedSession } from "./expected-session.ts";
import type { Finding } from "./finding.ts";
import type { LoginSeen, Observations } from "./observations.ts";
import type { SessionSight } from "./session-sight.ts";
import type { SetCookie } from "./set-cookie.ts";

/** The login and the cookie that it sets. */
export function judgeCookie(seen: Observations, expected: ExpectedSession): Finding[] {
  const { login, session } = seen;
  const findings = login === undefined ? [] : [judgeLogin(login, seen, expected)];
  if (session === undefined) return seen.way === "cookie" ? [noSessionGiven(expected)] : findings;
  findings.push(judgeName(session, expected), judgeAttributes(session.set));
  if (session.looksSigned && expected.kind !== "whoami") findings.push(judgeSignature(session, expected));
  return findings;
}

function judgeLogin(login: LoginSeen, { username, session }: Observations, expected: ExpectedSession): Finding {
  const said = `POST ${login.path} was answered with ${login.status}`;
  if (session === undefined) {
    const others = login.setNames.length === 0 ? "no cookie" : `only ${login.setNames.join(", ")}`;
    return {
      topic: "login",
      verdict: "cannot-tell",
      evidence: `${said}, and it set ${others} that looks like a session, even with X-Forwarded-Proto: https.`,
      advice:
        "Likely causes: cookie.secure in legacy without app.set('trust proxy', …); legacy's session store is down, so it goes on without sessions; or its session cookie has a name of its own: put that into identity.session.cookie.",
    };
  }
  const evidence = `${said} and logged ${username ?? "the user"} in.`;
  if (login.forwardedProto !== "needed") return { topic: "login", verdict: "ok", evidence };
  const secure = `${evidence} The cookie is set only when X-Forwarded-Proto says https (cookie.secure with trust proxy).`;
  if (expected.servesHttps) return { topic: "login", verdict: "ok", evidence: secure };
  return {
    topic: "login",
    verdict: "warns",
    evidence: secure,
    advice:
      "Nobody can log in through figway over plain http: serve https with listen.tls, or name the balancer that does in listen.trustedProxies.",
  };
}

function noSessionGiven({ cookie }: ExpectedSession): Finding {
  return {
    topic: "cookie",
    verdict: "cannot-tell",
    evidence: `There is no ${cookie} in what --cookie gave, and nothing that express-session has signed.`,
    advice: "Copy the whole Cookie field of a request from the browser's network tools.",
  };
}

function judgeName({ cookie, looksSigned }: SessionSight, expected: ExpectedSession): Finding {
  if (expected.kind === "whoami") return judgeAskedName(cookie, expected);
  if (!looksSigned) {
    return {
      topic: "cookie",
      verdict: "differs",
      evidence: `The session cookie ${cookie} has not the form s:<id>.<signature>: legacy's sessions are not express-session's.`,
      advice: 'Let figway ask legacy who the user is: "kind": "whoami" (docs/configuration.md).',
    };
  }
  const evidence = `The session cookie is ${cookie}, signed as express-session does.`;
  if (expected.kind === "none") {
    const { prefix, subject } = expected;
    const read = { kind: "express-session", secrets: ["${SESSION_SECRET}"], store: "${REDIS_URL}" };
    const set = { identity: { session: { ...read, cookie, prefix, subject } } };
    return { topic: "cookie", verdict: "differs", evidence: `${evidence} routes.json has nobody read it.`, set };
  }
  if (cookie === expected.cookie) return { topic: "cookie", verdict: "ok", evidence };
  return {
    topic: "cookie",
    verdict: "differs",
    evidence: `${evidence} routes.json says ${expected.cookie}.`,
    set: { identity: { session: { cookie } } },
  };
}

/** Where legacy is asked, any cookie will do that it knows the user by. */
function judgeAskedName(cookie: string, expected: ExpectedSession): Finding {
  const evidence = `The session cookie is ${cookie}, and legacy is asked whose it is.`;
  if (cookie === expected.cookie) return { topic: "cookie", verdict: "ok", evidence };
  const set = { identity: { session: { cookies: [cookie] } } };
  return {
    topic: "cookie",
    verdict: "differs",
    evidence: `${evidence} routes.json asks with ${expected.cookie}.`,
    set,
  };
}

function judgeAttributes(set: SetCookie | undefined): Finding {
  if (set === undefined) {
    return {
      topic: "attributes",
      verdict: "cannot-tell",
      evidence: "A Cookie field does not tell the attributes of its cookies; a login of the doctor's own does.",
    };
  }
  const advice = attributeAdvice(set);
  const finding = { topic: "attributes", evidence: `${attributesText(set)}.` } as const;
  return advice.length === 0
    ? { ...finding, verdict: "ok" }
    : { ...finding, verdict: "warns", advice: advice.join(" ") };
}

function attributesText({ path, domain, sameSite, secure, httpOnly, maxAgeSeconds, expiresAtMs }: SetCookie): string {
  const parts = [
    `Path=${path ?? "(none)"}`,
    domain === undefined ? "no Domain" : `Domain=${domain}`,
    sameSite === undefined ? "no SameSite" : `SameSite=${sameSite}`,
    secure ? "Secure" : "not Secure",
    httpOnly ? "HttpOnly" : "not HttpOnly",
  ];
  if (maxAgeSeconds !== undefined) parts.push(`Max-Age=${maxAgeSeconds}`);
  else parts.push(expiresAtMs === undefined ? "until the browser closes" : "with an expiry");
  return parts.join(", ");
}

function attributeAdvice({ path, sameSite, secure, httpOnly }: SetCookie): string[] {
  const advice: string[] = [];
  if (sameSite === undefined) advice.push("Set sameSite: 'lax' in legacy, so that other sites' forms come without it.");
  if (sameSite === "none" && !secure) advice.push("Browsers drop SameSite=None without Secure.");
  if (!httpOnly) advice.push("Set httpOnly: true in legacy, or any script on a page can take the session.");
  if (path !== undefined && path !== "/")
    advice.push(`Only routes below ${path} get the cookie, so only they know users.`);
  return advice;
}

function judgeSignature({ secretIndex }: SessionSight, { secrets }: ExpectedSession): Finding {
  if (secretIndex === 0) {
    return { topic: "signature", verdict: "ok", evidence: "Legacy signs with the first of identity.session.secrets." };
  }
  if (secretIndex > 0) {
    return {
      topic: "signature",
      verdict: "warns",
      evidence: `Legacy signs with identity.session.secrets[${secretIndex}], not with the first.`,
      advice: "Put that one first: the first is the one that signs.",
    };
  }
  const which = secrets.length === 1 ? "The secret" : `None of the ${secrets.length} secrets`;
  return {
    topic: "signature",
    verdict: "differs",
    evidence: `${which} in identity.session.secrets ${secrets.length === 1 ? "did not sign" : "signed"} the cookie: figway would take every user for nobody.`,
    advice: "Give figway the secret that legacy passes to express-session, through the environment.",
  };
}
