import type { RouteConfig } from "../config/schema/routes.ts";
import type { Decision } from "../model/decision.ts";
import type { Identity } from "../model/identity.ts";
import type { Outbound } from "../model/outbound.ts";
import { nominatedFields } from "../transport/end-to-end-fields.ts";
import { withoutCookies } from "./cookies.ts";
import type { Exchange } from "./exchange.ts";
import { fieldRule } from "./owned-fields.ts";
import type { SessionFollower } from "./follow-session.ts";
import { mustHoldAnswer } from "./hold-answer.ts";
import { translateValidator } from "./validators.ts";
import type { EffectiveTarget } from "./screen-framing.ts";
import type { Destination } from "./snapshot.ts";
import { isSplitRoute, translateAnswer } from "./translate-answer.ts";
import type { Bucket } from "./bucket.ts";

export interface Translation {
  readonly route: RouteConfig;
  readonly identity: Identity;
  readonly decision: Decision;
  readonly effective: EffectiveTarget;
  readonly bucket: Bucket | undefined;
  readonly follower: SessionFollower;
}

/**
 * Here a cookie becomes a token. Towards modern: session cookies are taken out, whatever poses as a field of figway's is purged,
 * and the minted bearer is added. Towards legacy: the request passes as it came, but for the same purge (law 3).
 */
export function translateCredentials(exchange: Exchange, translation: Translation): Outbound {
  const { identity, decision } = translation;
  if (decision.side === "legacy" || identity.kind !== "user") return outboundOf(exchange, translation, undefined);
  const { audience } = destinationOf(exchange, decision);
  return outboundOf(exchange, translation, `Bearer ${exchange.snapshot.mintToken(identity, audience)}`);
}

function outboundOf(exchange: Exchange, translation: Translation, minted: string | undefined): Outbound {
  const { route, decision, effective, follower } = translation;
  const destination = destinationOf(exchange, decision);
  return {
    side: decision.side,
    upstream: decision.upstream,
    method: exchange.method,
    target: destination.basePath + (decision.side === "modern" ? rewritten(effective.target, route) : effective.target),
    headers: outboundFields(exchange, translation, minted),
    minted,
    translateAnswer(status, headers) {
      follower.answerBegan(headers);
      return translateAnswer(exchange, translation, { status, headers });
    },
    holdAnswer:
      decision.side === "legacy"
        ? (status, headers) => mustHoldAnswer(exchange, effective, { status, headers })
        : undefined,
    answerEnded: decision.side === "legacy" ? () => follower.answerEnded() : undefined,
    limits: { totalTimeoutMs: route.timeoutMs, maxBodyBytes: route.maxBodyBytes },
  };
}

function destinationOf(exchange: Exchange, decision: Decision): Destination {
  const destination = exchange.snapshot.destinations.get(decision.upstream);
  if (destination === undefined) throw new Error(`no upstream is named ${decision.upstream}`);
  return destination;
}

/** The path that the modern service knows the route by; the query stays as it is. */
function rewritten(target: string, { rewrite, stripPrefix }: RouteConfig): string {
  if (rewrite === undefined && stripPrefix === undefined) return target;
  const question = target.indexOf("?");
  const path = question === -1 ? target : target.slice(0, question);
  const query = question === -1 ? "" : target.slice(question);
  if (rewrite !== undefined) return rewrite + query;
  const prefix = stripPrefix as string;
  if (path !== prefix && !path.startsWith(`${prefix}/`)) return target;
  return `${path.slice(prefix.length) || "/"}${query}`;
}

function outboundFields(exchange: Exchange, translation: Translation, minted: string | undefined): string[] {
  const { decision, effective, route } = translation;
  const toModern = decision.side === "modern";
  const passAuthorization =
    !toModern || (minted === undefined && (route.passClientAuthorization || route.auth === "none"));
  const received = exchange.headers;
  const nominated = nominatedFields(received);
  const fields = ["Host", effective.host];
  let forwardedFor = "";
  let forwardedHost = effective.host;
  for (let i = 0; i < received.length; i += 2) {
    const name = received[i] as string;
    const value = received[i + 1] as string;
    if (nominated?.has(name.toLowerCase()) === true) continue;
    switch (fieldRule(name)) {
      case "pass":
        fields.push(name, value);
        break;
      case "validator": {
        const sent = isSplitRoute(route) ? translateValidator(name.toLowerCase(), value, decision.side) : value;
        if (sent !== undefined) fields.push(name, sent);
        break;
      }
      case "cookie": {
        const kept = toModern ? withoutCookies(value, exchange.snapshot.credentialCookies) : value;
        if (kept !== undefined) fields.push(name, kept);
        break;
      }
      case "authorization":
        if (passAuthorization) fields.push(name, value);
        break;
      case "forwarding":
        if (exchange.peerIsTrusted) fields.push(name, value);
        break;
      case "replaced":
        if (!exchange.peerIsTrusted) break;
        if (name.toLowerCase() === "x-forwarded-for") forwardedFor += `${value}, `;
        if (name.toLowerCase() === "x-forwarded-host") forwardedHost = value;
        break;
      case "drop":
        break;
    }
  }
  fields.push(
    "X-Forwarded-For",
    forwardedFor + exchange.peerAddress,
    "X-Forwarded-Proto",
    exchange.scheme,
    "X-Forwarded-Host",
    forwardedHost,
    "X-Request-Id",
    exchange.id,
    "traceparent",
    exchange.traceparent,
    // RFC 9110 §7.6.3: a gateway names itself towards the origin, behind whatever hops came before.
    "Via",
    `${exchange.request.httpVersion} figway`,
  );
  if (effective.maxForwards !== undefined) fields.push("Max-Forwards", String(effective.maxForwards));
  if (minted !== undefined) fields.push("Authorization", minted);
  return fields;
}
