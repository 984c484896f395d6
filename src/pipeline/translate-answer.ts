import type { RouteConfig } from "../config/schema/routes.ts";
import type { RawHeaders } from "../model/raw-headers.ts";
import { foldFieldName } from "../model/raw-headers.ts";
import { bucketCookie } from "./bucket.ts";
import { expiringCookie, setCookieName } from "./cookies.ts";
import type { Exchange } from "./exchange.ts";
import { resolveRequestOf } from "./resolve-identity.ts";
import { tagWithSide } from "./validators.ts";
import type { Translation } from "./translate-credentials.ts";

/**
 * The answer's fields as the client sees them: modern cannot set the session cookie (TRAPS 25), redirects to an upstream's own
 * origin lead back to this site (TRAPS 30), what belongs to a user or is split by a flag is kept out of shared caches (TRAPS 29).
 */
export function translateAnswer(
  exchange: Exchange,
  translation: Translation,
  answer: { status: number; headers: RawHeaders },
): RawHeaders {
  const { route, identity, decision, bucket } = translation;
  const fromModern = decision.side === "modern";
  const isSplit = route.flag !== undefined || (fromModern && identity.kind === "user");
  const makePrivate = isSplit && route.caching === "private";
  const fields: string[] = [];
  let cacheControl = "";
  for (let i = 0; i < answer.headers.length; i += 2) {
    const name = answer.headers[i] as string;
    const value = answer.headers[i + 1] as string;
    switch (answerRule(name)) {
      case "pass":
        fields.push(name, value);
        break;
      case "set-cookie":
        pushSetCookie(fields, name, value);
        break;
      case "location":
        fields.push(name, publicLocation(exchange, translation, value));
        break;
      case "refresh":
        fields.push(
          name,
          value.replace(/(?<=url=)\S+/i, (location) => publicLocation(exchange, translation, location)),
        );
        break;
      case "etag":
        fields.push(name, isSplitRoute(route) ? tagWithSide(value, decision.side) : value);
        break;
      case "caching":
        if (makePrivate) cacheControl += `${cacheControl === "" ? "" : ", "}${value}`;
        else fields.push(name, value);
        break;
      case "shared-caching":
        if (!makePrivate) fields.push(name, value);
        break;
      case "owned":
        break;
    }
  }
  if (makePrivate) fields.push("Cache-Control", privateCacheControl(cacheControl));
  if (fromModern && makePrivate) pushRenewedCookie(fields);
  if (bucket?.isNew === true) fields.push("Set-Cookie", bucketCookie(bucket, exchange.scheme));
  if (exchange.snapshot.config.developer.exposeDecisions) {
    fields.push("X-Figway-Route", route.id, "X-Figway-Side", decision.side, "X-Figway-Reason", decision.reason);
  }
  return fields;

  function pushSetCookie(into: string[], name: string, value: string): void {
    const cookie = setCookieName(value);
    if (!exchange.snapshot.credentialCookies.has(cookie)) into.push(name, value);
    else if (fromModern) exchange.snapshot.reportForeignCookie(decision.upstream, cookie);
    else into.push(name, namesEndedSession(value) ? expiringCookie(value) : value);
  }

  /** A user who lives on modern alone keeps the cookie that legacy would have renewed (TRAPS 3). */
  function pushRenewedCookie(into: string[]): void {
    const renewed = exchange.snapshot.resolver.sessions?.renewedCookie?.(identity, exchange.scheme);
    if (renewed !== undefined) into.push("Set-Cookie", renewed);
  }

  /** An answer that was on its way when its user logged out would put the ended session back (TRAPS 7). */
  function namesEndedSession(value: string): boolean {
    const { sessions } = exchange.snapshot.resolver;
    if (sessions === undefined) return false;
    const request = {
      ...resolveRequestOf(exchange, translation.effective),
      cookieFields: [value.split(";", 1)[0] as string],
    };
    const handle = sessions.handleOf(request);
    return handle !== undefined && sessions.hasEnded(handle);
  }
}

/** Whether either side may answer the route, and browsers must not take one's pages for the other's. */
export function isSplitRoute({ flag, caching }: RouteConfig): boolean {
  return flag !== undefined && caching === "private";
}

type AnswerRule = "pass" | "owned" | "set-cookie" | "location" | "refresh" | "etag" | "caching" | "shared-caching";

const RULES: ReadonlyMap<string, AnswerRule> = new Map<string, AnswerRule>([
  ["set-cookie", "set-cookie"],
  ["location", "location"],
  ["content-location", "location"],
  ["refresh", "refresh"],
  ["etag", "etag"],
  ["cache-control", "caching"],
  ["expires", "shared-caching"],
  ["pragma", "shared-caching"],
  ["surrogate-control", "shared-caching"],
  ["cdn-cache-control", "shared-caching"],
]);

const REMEMBERED_SPELLINGS = 4_096;
const remembered = new Map<string, AnswerRule>();

function answerRule(name: string): AnswerRule {
  const known = remembered.get(name);
  if (known !== undefined) return known;
  const rule = foldFieldName(name).startsWith("x-figway-") ? "owned" : (RULES.get(name.toLowerCase()) ?? "pass");
  if (remembered.size < REMEMBERED_SPELLINGS && name.length <= 64) remembered.set(name, rule);
  return rule;
}

/** Stored by nobody, or by the browser alone and asked for again at each use: after a flip no one sees the other side's copy. */
function privateCacheControl(received: string): string {
  return /\bno-store\b/i.test(received) ? "private, no-store" : "private, no-cache";
}

/** A `Location` at an upstream's own origin becomes one at the origin that the client asked; all others stay as they are. */
function publicLocation(exchange: Exchange, translation: Translation, location: string): string {
  for (const { origin } of exchange.snapshot.destinations.values()) {
    if (!location.startsWith(origin)) continue;
    const rest = location.slice(origin.length);
    if (rest === "" || rest.startsWith("/") || rest.startsWith("?") || rest.startsWith("#")) {
      return `${exchange.scheme}://${translation.effective.host}${rest}`;
    }
  }
  return location;
}
