import type { RouteConfig } from "../config/schema/routes.ts";
import { type CompiledRoute, compareCompiled, compileRoute, firstUnmet, normalHost } from "./compiled-route.ts";
import { LEGACY_ROUTE } from "./legacy-route.ts";
import type { RouteMatch, RouteRequest } from "./route-request.ts";
import { buildRouteTree, findRoute } from "./route-tree.ts";
import { createRouter } from "./router.ts";

export interface MatchExplanation {
  readonly match: RouteMatch;
  /** Every route whose path matches the path as sent, the most specific first; the implicit one for legacy comes last. */
  readonly candidates: readonly MatchCandidate[];
}

export interface MatchCandidate {
  readonly route: RouteConfig;
  /** `selected`: it took the request. `passed-over`: a condition does not hold. `less-specific`: another one came first. */
  readonly verdict: "selected" | "passed-over" | "less-specific";
  /** The reason, in words. */
  readonly why: string;
}

/** Which route a request would take, and why that one. For people: it looks at every route, and is not on the request path. */
export function explainMatch(routes: readonly RouteConfig[], request: RouteRequest): MatchExplanation {
  const match = createRouter(routes).match(request);
  const [path = "", ...query] = request.target.split("?");
  const view = { request, host: normalHost(request.host), query: query.join("?") };
  const matching = routes.map(compileRoute).filter((compiled) => matchesPath(compiled, path));
  const ranked = [...matching.toSorted(compareCompiled), compileRoute(LEGACY_ROUTE)];
  let isTaken = false;
  const candidates = ranked.map((compiled): MatchCandidate => {
    const { route } = compiled;
    const unmet = firstUnmet(compiled, view);
    if (unmet !== undefined) return { route, verdict: "passed-over", why: whyUnmet(compiled, request, unmet) };
    if (isTaken) return { route, verdict: "less-specific", why: "a more specific route takes the request" };
    isTaken = true;
    const why =
      route === LEGACY_ROUTE
        ? "no route takes the request, so it belongs to legacy"
        : "the most specific route that matches";
    return { route, verdict: "selected", why };
  });
  return { match, candidates };
}

function matchesPath(compiled: CompiledRoute, path: string): boolean {
  return path.startsWith("/") && findRoute(buildRouteTree([compiled], "exact"), path, 1, () => true) !== undefined;
}

function whyUnmet(
  { route }: CompiledRoute,
  request: RouteRequest,
  { condition, verdict }: NonNullable<ReturnType<typeof firstUnmet>>,
): string {
  const end = verdict === "doubtful" ? "holds in some readings of the request and not in others" : "does not hold";
  const reasons = {
    method: `takes ${route.methods?.join(", ")} and not ${request.method}`,
    host: `takes ${route.host} and not ${request.host}`,
    query: `its condition on the query (${listed(route.query)}) ${end}`,
    header: `its condition on the header (${listed(route.headers)}) ${end}`,
  };
  return reasons[condition];
}

function listed(wanted: Readonly<Record<string, string | true>> = {}): string {
  return Object.entries(wanted)
    .map(([name, value]) => (value === true ? name : `${name}=${value}`))
    .join(", ");
}
