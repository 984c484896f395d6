import type { RouteConfig } from "../config/schema/routes.ts";
import type { Decision, FlagContext } from "../model/decision.ts";
import { GatewayError } from "../model/gateway-error.ts";
import type { Identity } from "../model/identity.ts";
import type { Override } from "../model/override.ts";
import type { RawHeaders } from "../model/raw-headers.ts";
import { LEGACY } from "../model/side.ts";
import { decideTarget } from "./decide-target.ts";
import type { Flags, RouteMatch, RouteRequest } from "./snapshot.ts";

/** What `figway explain` is asked: the request, and as whom. */
export interface ExplainQuestion {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly headers: RawHeaders;
  /** A user's id; undefined: nobody is logged in. */
  readonly as: string | undefined;
  readonly bucket: string | undefined;
}

/** What deciding needs; a running gateway's snapshot has it, and so has a configuration read from its file. */
export interface Decider {
  matchRoute(request: RouteRequest): RouteMatch;
  readonly flags: Flags;
  overrideOf(routeId: string): Override | undefined;
}

export interface Explanation {
  readonly route: { readonly id: string; readonly path: string } | undefined;
  readonly side: Decision["side"] | "refused";
  readonly upstream: string | undefined;
  readonly reason: string;
  readonly flag: string | undefined;
  readonly bucket: string | undefined;
  readonly user: string | undefined;
  /** The same in words that a person understands. */
  readonly sentences: readonly string[];
}

/** The very decision that a request would get, made by the same code, and told in words. */
export function explain(question: ExplainQuestion, decider: Decider): Explanation {
  const match = decider.matchRoute(question);
  const asked = { flag: undefined, bucket: undefined, user: question.as, upstream: undefined };
  if (match.kind === "ambiguous") {
    const readings = match.readings.map(({ reading, routeId }) => `read as ${reading} it would be route ${routeId}`);
    const sentences = [`figway would refuse this request (400): ${readings.join("; ")}.`];
    return { ...asked, route: undefined, side: "refused", reason: "ambiguous-path", sentences };
  }
  const { route } = match;
  const needsBucket = route.flag !== undefined && decider.flags.needsBucket(route.flag);
  const bucket = needsBucket ? question.bucket : undefined;
  const identity: Identity = identityOf(question.as);
  try {
    const decision = decideTarget({
      route,
      identity,
      method: question.method,
      override: decider.overrideOf(route.id),
      flags: decider.flags,
      flagContext: () => contextOf(question, route, bucket),
    });
    const sentences = [
      `${question.method} ${question.target} matches route ${route.id} (${route.path}).`,
      whySentence(decision, { user: question.as, override: decider.overrideOf(route.id), isShared: needsBucket }),
      bucketSentence(needsBucket, bucket),
      ...accessSentences(route, decision, question.as),
    ];
    return { ...decision, route: { id: route.id, path: route.path }, bucket, user: question.as, sentences };
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    const sentences = [`figway would refuse this request (${error.status}): ${error.message}.`];
    return { ...asked, route: { id: route.id, path: route.path }, side: "refused", reason: error.code, sentences };
  }
}

function identityOf(user: string | undefined): Identity {
  if (user === undefined) return { kind: "anonymous", reason: "no-cookie", sessionHandle: undefined };
  return {
    kind: "user",
    subject: user,
    claims: {},
    sessionHandle: "explain",
    sessionEndsAtMs: undefined,
    fingerprint: "explain",
  };
}

function contextOf(question: ExplainQuestion, route: RouteConfig, bucket: string | undefined): FlagContext {
  return {
    userId: question.as,
    bucket,
    sessionId: undefined,
    remoteAddress: "127.0.0.1",
    properties: { route: route.id, method: question.method, host: question.host },
  };
}

function whySentence(
  decision: Decision,
  { user, override, isShared }: { user: string | undefined; override: Override | undefined; isShared: boolean },
): string {
  const who = user === undefined ? "a visitor who is not logged in" : `user ${user}`;
  const { upstream, flag } = decision;
  switch (decision.reason) {
    case "override":
      return `It goes to ${upstream}, because ${override?.actor ?? "an operator"} set an override${override?.why === undefined ? "" : ` (${override.why})`}.`;
    case "flag-on":
      return `For ${who} it goes to ${upstream}, because flag ${flag} is on.`;
    case "flag-off":
      return `For ${who} it goes to ${LEGACY}, because flag ${flag} is ${isShared ? "not on for everyone, and not for this one" : "off"}.`;
    case "flag-unknown":
      return `It goes to ${LEGACY}, because the flag source does not know flag ${flag}.`;
    case "flags-not-loaded":
      return `It goes to ${LEGACY}, because no flags were loaded yet.`;
    case "no-flag":
      return `It always goes to ${upstream}: the route has no flag.`;
    case "identity-unknown":
      return `It goes to ${LEGACY}, because the session store cannot be read.`;
    case "fallback":
      return `It goes to ${LEGACY}, because modern failed.`;
  }
}

function bucketSentence(needsBucket: boolean, bucket: string | undefined): string {
  if (!needsBucket) return "The answer does not depend on a bucket.";
  if (bucket !== undefined) return `It was computed for bucket ${bucket}.`;
  return "The flag is on for a share of the buckets, and this was computed without one: give --bucket with the value of the cookie figway.bucket.";
}

function accessSentences(route: RouteConfig, decision: Decision, user: string | undefined): string[] {
  if (decision.side === "legacy") return ["The session cookie goes along untouched; legacy checks it itself."];
  if (route.roles !== undefined)
    return [`Modern is asked only for users with one of the roles ${route.roles.join(", ")}.`];
  if (user !== undefined) return ["Modern gets a token for that user, and no session cookie."];
  return [
    route.auth === "required" ? "But the route wants a user: figway would ask for a login." : "Modern gets no token.",
  ];
}
