import type { RouteConfig } from "../config/schema/routes.ts";
import type { Decision } from "../model/decision.ts";
import { GatewayError } from "../model/gateway-error.ts";
import type { Identity } from "../model/identity.ts";
import { firstFieldValue } from "../model/raw-headers.ts";
import { checkCrossSite } from "./check-cross-site.ts";
import type { Exchange } from "./exchange.ts";
import { isSafe } from "./methods.ts";
import { countLoginRedirect } from "./login-loop.ts";
import type { EffectiveTarget } from "./screen-framing.ts";

/**
 * The access rules that stand in front of modern: `auth`, `roles`, and the CSRF check, before a token is minted. Legacy keeps its
 * own rules, so that turning a flag off leaves nothing of figway's in the way.
 *
 * @throws GatewayError `not-logged-in`, `login-redirect`, `login-loop`, `missing-role`, `cross-site-request`
 */
export function checkAccess(
  exchange: Exchange,
  plan: { route: RouteConfig; identity: Identity; decision: Decision; effective: EffectiveTarget },
): void {
  const { route, identity, decision, effective } = plan;
  if (decision.side === "legacy") return;
  if (identity.kind === "user") {
    if (route.roles !== undefined && !hasRole(identity.claims["roles"], route.roles)) {
      throw new GatewayError("missing-role", `route ${route.id} wants one of the roles ${route.roles.join(", ")}`);
    }
    const mayChange = !isSafe(exchange.method) || exchange.kind === "upgrade";
    if (mayChange && !route.acceptCrossSiteRequests) checkCrossSite(exchange, effective.host);
    return;
  }
  if (route.auth === "required" || route.roles !== undefined) throw loginNeeded(exchange, effective);
}

function hasRole(held: unknown, wanted: readonly string[]): boolean {
  if (typeof held === "string") return wanted.includes(held);
  return Array.isArray(held) && held.some((role) => wanted.includes(role as string));
}

/** A browser that navigates is sent to log in and comes back; everything else is told 401 (TRAPS 30). */
function loginNeeded(exchange: Exchange, { target }: EffectiveTarget): GatewayError {
  const { loginPath, returnParameter } = exchange.snapshot.config.access;
  if (loginPath === undefined || !isNavigation(exchange))
    return new GatewayError("not-logged-in", "the route needs a user");
  const back = isLocalPath(target) ? target : "/";
  const counter = countLoginRedirect(exchange);
  if (counter === undefined) {
    const remedy =
      "look whether the login sets the session cookie that identity.session describes: figway doctor tells";
    return new GatewayError("login-loop", `a login led to no session that figway can read; ${remedy}`);
  }
  const location = `${loginPath}?${encodeURIComponent(returnParameter)}=${encodeURIComponent(back)}`;
  return new GatewayError("login-redirect", "the route needs a user", {
    fields: ["Location", location, "Set-Cookie", counter],
  });
}

function isNavigation(exchange: Exchange): boolean {
  if (exchange.kind === "upgrade" || (exchange.method !== "GET" && exchange.method !== "HEAD")) return false;
  // Browsers send Sec-Fetch-Dest with Sec-Fetch-Mode; programs whose HTTP client sends the mode alone tell nothing by it.
  const destination = firstFieldValue(exchange.headers, "sec-fetch-dest");
  if (destination !== undefined) return firstFieldValue(exchange.headers, "sec-fetch-mode") === "navigate";
  return /\btext\/html\b/i.test(firstFieldValue(exchange.headers, "accept") ?? "");
}

/** `//host` and `/\host` are other hosts to a browser (CWE-601). */
function isLocalPath(target: string): boolean {
  return target.startsWith("/") && !/^\/[/\\]/.test(target);
}
