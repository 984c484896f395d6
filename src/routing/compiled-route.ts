import { type PathPattern, parsePathPattern } from "../config/path-pattern.ts";
import { compareRanks, type RouteRank, rankRoute, takesMethod } from "../config/route-rank.ts";
import type { RouteConfig } from "../config/schema/routes.ts";
import { checkFields, compileWantedFields, type WantedField } from "./field-conditions.ts";
import { compileWantedParameters, checkParameters, type WantedParameter } from "./query-conditions.ts";
import type { RouteMatch, RouteRequest } from "./route-request.ts";
import type { Verdict } from "./verdict.ts";

/** A route with everything worked out that does not depend on the request. */
export interface CompiledRoute {
  readonly route: RouteConfig;
  readonly pattern: PathPattern;
  readonly rank: RouteRank;
  /** Nothing but the path is asked for. */
  readonly isUnconditional: boolean;
  readonly host: string | undefined;
  readonly parameters: readonly WantedParameter[];
  readonly fields: readonly WantedField[];
  /** The answer for a route without parameters in its path; the same object each time. */
  readonly match: RouteMatch & { readonly kind: "matched" };
}

/** What of a request does not have to be worked out for every candidate. */
export interface RequestView {
  readonly request: RouteRequest;
  /** Without port and final dot, in lower case. */
  readonly host: string;
  /** What follows the first `?`; empty when there is none. */
  readonly query: string;
}

export function compileRoute(route: RouteConfig): CompiledRoute {
  const { methods, host, query, headers } = route;
  return {
    route,
    pattern: parsePathPattern(route.path),
    rank: rankRoute(route),
    isUnconditional: [methods, host, query, headers].every((condition) => condition === undefined),
    host: host?.toLowerCase(),
    parameters: compileWantedParameters(query ?? {}),
    fields: compileWantedFields(headers ?? {}),
    match: Object.freeze({ kind: "matched", route, params: Object.freeze({}) }),
  };
}

/** The most specific first. Ids break ties, which the configuration rules do not let happen, so that order never decides. */
export function compareCompiled(a: CompiledRoute, b: CompiledRoute): number {
  return compareRanks(a.rank, b.rank) || (a.route.id < b.route.id ? -1 : 1);
}

/** The condition, apart from the path, that does not hold, or is in doubt; undefined when all hold. */
export function firstUnmet(
  compiled: CompiledRoute,
  view: RequestView,
): { readonly condition: "method" | "host" | "query" | "header"; readonly verdict: Verdict } | undefined {
  if (compiled.isUnconditional) return undefined;
  if (!takesMethod(compiled.route.methods, view.request.method)) return { condition: "method", verdict: "fails" };
  if (!takesHost(compiled.host, view.host)) return { condition: "host", verdict: "fails" };
  const query = compiled.parameters.length === 0 ? "holds" : checkParameters(compiled.parameters, view.query);
  if (query === "fails") return { condition: "query", verdict: query };
  const fields = compiled.fields.length === 0 ? "holds" : checkFields(compiled.fields, view.request.headers);
  if (fields !== "holds") return { condition: "header", verdict: fields };
  return query === "holds" ? undefined : { condition: "query", verdict: query };
}

function takesHost(wanted: string | undefined, host: string): boolean {
  if (wanted === undefined || wanted === host) return true;
  return wanted.startsWith("*.") && host.length > wanted.length - 1 && host.endsWith(wanted.slice(1));
}

/** `Shop.Example.:8080` is `shop.example`: host names ignore case (RFC 9110 §4.2.3), and the final dot names the same host. */
export function normalHost(host: string): string {
  const name = host.startsWith("[") ? host.slice(0, host.indexOf("]") + 1) : (host.split(":", 1)[0] as string);
  const lower = name.toLowerCase();
  return lower.endsWith(".") ? lower.slice(0, -1) : lower;
}

/** The answer, with what stood in the place of each `:name`. */
export function matchedBy({ pattern, match }: CompiledRoute, path: string): RouteMatch {
  if (pattern.segments.every(({ kind }) => kind === "static")) return match;
  const parts = path.slice(1).split("/");
  const params = pattern.segments.flatMap((segment, index) =>
    segment.kind === "param" ? [[segment.name, parts[index] as string] as const] : [],
  );
  return { kind: "matched", route: match.route, params: Object.fromEntries(params) };
}
