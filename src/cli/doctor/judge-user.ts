import { compileJsonPointer } from "../../identity/session/json-pointer.ts";
import { compileUserReader } from "../../identity/session/read-user.ts";
import type { WhoamiAnswer } from "../../identity/whoami/whoami-endpoint.ts";
import type { JsonObject } from "../../model/json.ts";
import type { ExpectedSession } from "./expected-session.ts";
import type { Finding } from "./finding.ts";
import type { Observations } from "./observations.ts";
import type { StoredSession } from "./session-sight.ts";
import { claimCandidates, leavesOf, subjectCandidates } from "./user-candidates.ts";

/** Where the user lies in the session. */
export function judgeUser(seen: Observations, expected: ExpectedSession): Finding[] {
  const { whoami } = seen;
  if (whoami !== undefined && whoami.loggedIn.kind !== "document") return [judgeSilence(whoami.loggedIn)];
  const payload = documentOf(seen);
  if (payload === undefined) return [];
  return [judgeSubject(payload, seen, expected), judgeClaims(payload, expected)];
}

/** Where the user is looked for: in the session, or in what legacy says of it. */
function documentOf({ session, whoami }: Observations): object | undefined {
  if (whoami === undefined) return payloadOf(session?.stored);
  const document = whoami.loggedIn.kind === "document" ? whoami.loggedIn.document : undefined;
  return typeof document === "object" && document !== null ? document : undefined;
}

function judgeSilence(answer: Exclude<WhoamiAnswer, { kind: "document" }>): Finding {
  const said = answer.kind === "nobody" ? "it says that nobody is logged in" : answer.cause;
  return {
    topic: "subject",
    verdict: "differs",
    evidence: `Legacy was asked who the logged-in user is, and ${said}.`,
    advice: "Look at identity.session.url and identity.session.cookies; an application may need several cookies.",
  };
}

/** The configured place of the user's id where it holds one, else the likeliest one; undefined: nothing looks like it. */
export function subjectPointer(seen: Observations, expected: ExpectedSession): string | undefined {
  const payload = payloadOf(seen.session?.stored);
  if (payload === undefined) return undefined;
  if (readsUser(payload, expected)) return expected.subject;
  return candidatesIn(payload, seen)[0]?.pointer;
}

export function payloadOf(stored: StoredSession | undefined): object | undefined {
  return stored?.decoded.kind === "session" ? stored.decoded.payload : undefined;
}

export function readsUser(payload: unknown, expected: ExpectedSession): boolean {
  return typeof compileUserReader(expected)(payload) === "object";
}

function candidatesIn(payload: object, { login, username }: Observations) {
  return subjectCandidates(payload, { anonymous: login?.payloadBefore, username });
}

function judgeSubject(payload: object, seen: Observations, expected: ExpectedSession): Finding {
  const topic = "subject";
  const user = compileUserReader(expected)(payload);
  if (user === "ambiguous") {
    const evidence = `What lies at ${expected.subject} is a number that JSON readers round; two users could become one.`;
    return { topic, verdict: "warns", evidence, advice: "Let legacy store the id as a string." };
  }
  if (user !== "nobody") {
    const evidence = `The user's id lies at ${expected.subject} (${shown(user.subject)}).`;
    return { topic, verdict: "ok", evidence };
  }
  const [best, ...others] = candidatesIn(payload, seen);
  if (best !== undefined && best.pointer !== expected.subject) {
    const also =
      others.length === 0
        ? ""
        : ` Also possible: ${others
            .slice(0, 3)
            .map(({ pointer }) => pointer)
            .join(", ")}.`;
    return {
      topic,
      verdict: "differs",
      evidence: `There is no user's id at ${expected.subject}; it seems to lie at ${best.pointer} (${shown(best.value)}).${also}`,
      set: { identity: { session: { subject: best.pointer } } },
    };
  }
  if (best !== undefined) {
    const evidence = `There is an id at ${expected.subject}, but identity.session.authenticated does not hold.`;
    return { topic, verdict: "differs", evidence, set: { identity: { session: { authenticated: null } } } };
  }
  const names = leavesOf(payload).map(({ pointer }) => pointer);
  return {
    topic,
    verdict: "cannot-tell",
    evidence: `There is no user's id at ${expected.subject}, and nothing in the session looks like one.`,
    advice: names.length === 0 ? "The session is empty." : `What there is: ${names.slice(0, 12).join(", ")}.`,
  };
}

function judgeClaims(payload: object, { claims }: ExpectedSession): Finding {
  const topic = "claims";
  const missing = Object.entries(claims).filter(([, pointer]) => compileJsonPointer(pointer)(payload) === undefined);
  const candidates = claimCandidates(payload);
  const replaced = missing.filter(([name]) => candidates[name] !== undefined);
  const more = Object.entries(candidates).filter(([name]) => claims[name] === undefined);
  const also = more.length === 0 ? "" : ` Also there, should modern need it: ${listed(more)}.`;
  if (replaced.length > 0) {
    const found: JsonObject = Object.fromEntries(replaced.map(([name]) => [name, candidates[name] as string]));
    return {
      topic,
      verdict: "differs",
      evidence: `This session has no ${listed(replaced)}; it has ${listed(Object.entries(candidates))}.`,
      set: { identity: { session: { claims: found } } },
    };
  }
  if (missing.length > 0) {
    const evidence = `This session has no ${listed(missing)}: tokens for this user go without.${also}`;
    return { topic, verdict: "warns", evidence };
  }
  const names = Object.keys(claims);
  const evidence = names.length === 0 ? "Tokens say nothing but the id." : `All there: ${names.join(", ")}.`;
  return { topic, verdict: "ok", evidence: evidence + also };
}

function listed(claims: readonly (readonly [name: string, pointer: unknown])[]): string {
  return claims.map(([name, pointer]) => `${name} at ${String(pointer)}`).join(", ");
}

function shown(value: unknown): string {
  const text = JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 39)}…` : text;
}
