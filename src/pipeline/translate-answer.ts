import type { RouteConfig } from "../config/schema/routes.ts";
import { perSpelling } from "../model/per-spelling.ts";
import type { RawHeaders } from "../model/raw-headers.ts";
import { foldFieldName } from "../model/raw-headers.ts";
import { bucketCookie } from "./bucket.ts";
import { setCookieName } from "./cookies.ts";
import type { Exchange } from "./exchange.ts";
import { publicLocation } from "./public-location.ts";
import { resolveRequestOf } from "./resolve-identity.ts";
import { STRICT_TRANSPORT, strictTransport } from "./strict-transport.ts";
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
  // Also for visitors who are not logged in: a shared cache would show their page to those who are.
  const isPersonal = route.flag !== undefined || (fromModern && route.auth !== "none");
  const makePrivate = isPersonal && route.caching === "private";
  const hsts = strictTransport(exchange);
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
          value.replace(/(?<=url\s*=\s*["']?)[^\s"']+/i, (location) => publicLocation(exchange, translation, location)),
        );
        break;
      case "etag":
        fields.push(name, isSplitRoute(route) ? tagWithSide(value, decision.side) : value);
        break;
      case "caching":
        cacheControl += `${cacheControl === "" ? "" : ", "}${value}`;
        if (!makePrivate) fields.push(name, value);
        break;
      case "shared-caching":
        if (!makePrivate) fields.push(name, value);
        break;
      case "clear-site-data":
        pushClearSiteData(fields, name, value);
        break;
      case "transport":
        if (hsts === undefined) fields.push(name, value);
        break;
      case "owned":
        break;
    }
  }
  if (hsts !== undefined) fields.push("Strict-Transport-Security", hsts);
  if (makePrivate) fields.push("Cache-Control", privateCacheControl(cacheControl));
  if (fromModern && makePrivate && route.keepAlive) pushRenewedCookie(fields);
  // A shared cache would hand one browser's bucket to all (RFC 9111 §7.3).
  if (bucket?.isNew === true && (makePrivate || /\b(?:private|no-store)\b/i.test(cacheControl)))
    fields.push("Set-Cookie", bucketCookie(bucket, exchange.scheme));
  if (exchange.snapshot.config.developer.exposeDecisions) {
    fields.push("X-Figway-Route", route.id, "X-Figway-Side", decision.side, "X-Figway-Reason", decision.reason);
  }
  return fields;

  function pushSetCookie(into: string[], name: string, value: string): void {
    const cookie = setCookieName(value);
    if (!exchange.snapshot.credentialCookies.has(cookie)) into.push(name, value);
    else if (fromModern) exchange.snapshot.reportForeignCookie(decision.upstream, cookie);
    else if (!namesEndedSession(value)) into.push(name, value);
  }

  /** Modern can end the session no more than it can set it: `"cookies"` and `"*"` would (W3C Clear Site Data §3.1). */
  function pushClearSiteData(into: string[], name: string, value: string): void {
    const kept = fromModern ? value.split(",").filter((part) => !/^\s*"(?:cookies|\*)"\s*$/i.test(part)) : [value];
    if (fromModern && kept.join(",") !== value)
      exchange.snapshot.reportForeignCookie(decision.upstream, "Clear-Site-Data");
    if (kept.length > 0) into.push(name, kept.join(","));
  }

  /** A user who lives on modern alone keeps the cookie that legacy would have renewed (TRAPS 3). */
  function pushRenewedCookie(into: string[]): void {
    const renewed = exchange.snapshot.resolver.sessions?.renewedCookie?.(identity, exchange.scheme);
    if (renewed !== undefined) into.push("Set-Cookie", renewed);
  }

  /**
   * An answer that was on its way when its user logged out would put the ended session back (TRAPS 7). Such a cookie is left out
   * rather than expired: the browser may hold that of the next login by now.
   */
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

type AnswerRule =
  | "pass"
  | "owned"
  | "set-cookie"
  | "clear-site-data"
  | "location"
  | "refresh"
  | "etag"
  | "caching"
  | "shared-caching"
  | "transport";

const RULES: ReadonlyMap<string, AnswerRule> = new Map<string, AnswerRule>([
  ["set-cookie", "set-cookie"],
  ["clear-site-data", "clear-site-data"],
  ["location", "location"],
  ["content-location", "location"],
  ["refresh", "refresh"],
  ["etag", "etag"],
  ["cache-control", "caching"],
  [STRICT_TRANSPORT, "transport"],
  ["expires", "shared-caching"],
  ["pragma", "shared-caching"],
  ["surrogate-control", "shared-caching"],
  ["edge-control", "shared-caching"],
  ["x-accel-expires", "shared-caching"],
]);

const answerRule = perSpelling((name): AnswerRule => {
  if (foldFieldName(name).startsWith("x-figway-")) return "owned";
  const lowerName = name.toLowerCase();
  // Each kind of cache may have a field of its own (RFC 9213 §2), which wins over Cache-Control there.
  return RULES.get(lowerName) ?? (lowerName.endsWith("-cache-control") ? "shared-caching" : "pass");
});

/** Stored by nobody, or by the browser alone and asked for again at each use: after a flip no one sees the other side's copy. */
function privateCacheControl(received: string): string {
  return /\bno-store\b/i.test(received) ? "private, no-store" : "private, no-cache";
}
