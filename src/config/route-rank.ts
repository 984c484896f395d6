import { parsePathPattern } from "./path-pattern.ts";
import type { RouteConfig } from "./schema/routes.ts";

/** The members of a route that say which requests it takes. */
export type RouteConditions = Pick<RouteConfig, "path" | "methods" | "host" | "query" | "headers">;

/** The members of `RouteConditions`, by name. */
export const CONDITION_NAMES = ["path", "methods", "host", "query", "headers"] as const;

/**
 * How specific a route is. Of all routes that match a request, the one with the highest rank takes it, whatever their order in
 * the file. These are compared in this order, and the first difference decides:
 * 1. `path`, segment by segment from the left: static text > `:param` > the end of the path > `*`. So a longer path beats the
 *    shorter one that is open below: `/orders/export` > `/orders/:id` > `/orders/*` > `/*`.
 * 2. `host`: an exact name > `*.` before more labels > `*.` before fewer labels > none.
 * 3. `conditions`: more query parameters and header fields > fewer.
 * 4. `exactConditions`: of as many, more that want a value > fewer (the others take any value).
 * 5. `methods`: listed > any.
 *
 * A route whose other conditions do not hold is passed over, and the next in rank is tried. Two routes of the same rank that can
 * match the same request are a load error (rules/no-equal-ranks.ts), so what is left to chance never decides.
 */
export interface RouteRank {
  /** A digit per segment and one for the end: 3 static, 2 parameter, 1 the end, 0 open below. Compares as text. */
  readonly path: string;
  readonly host: number;
  readonly conditions: number;
  readonly exactConditions: number;
  readonly methods: number;
}

const ANY_EXACT_HOST = 1_000;

export function rankRoute(route: RouteConditions): RouteRank {
  const { segments, isOpen } = parsePathPattern(route.path);
  const wanted = [...Object.values(route.query ?? {}), ...Object.values(route.headers ?? {})];
  return {
    path: segments.map(({ kind }) => (kind === "static" ? "3" : "2")).join("") + (isOpen ? "0" : "1"),
    host: rankHost(route.host),
    conditions: wanted.length,
    exactConditions: wanted.filter((value) => value !== true).length,
    methods: route.methods === undefined ? 0 : 1,
  };
}

function rankHost(host: string | undefined): number {
  if (host === undefined) return 0;
  return host.startsWith("*.") ? host.split(".").length : ANY_EXACT_HOST;
}

/** Negative when `a` is more specific than `b`, positive when less, 0 when they rank the same. */
export function compareRanks(a: RouteRank, b: RouteRank): number {
  if (a.path !== b.path) return a.path > b.path ? -1 : 1;
  return (
    b.host - a.host || b.conditions - a.conditions || b.exactConditions - a.exactConditions || b.methods - a.methods
  );
}

/** Whether some request is matched by both of two routes of the same rank. */
export function canMatchSameRequest(a: RouteConditions, b: RouteConditions): boolean {
  return (
    staticText(a.path) === staticText(b.path) &&
    a.host?.toLowerCase() === b.host?.toLowerCase() &&
    haveCommonMethod(a.methods, b.methods) &&
    agree(a.query, b.query, (name) => name) &&
    agree(a.headers, b.headers, (name) => name.toLowerCase())
  );
}

/** The static segments in their places: routes of the same path rank match the same paths when these are equal. */
export function staticText(path: string): string {
  const { segments } = parsePathPattern(path);
  return segments.map((segment) => (segment.kind === "static" ? segment.folded : "\0")).join("/");
}

/** Whether a route takes a method: any when it lists none; `GET` includes `HEAD` (RFC 9110 §9.3.2). */
export function takesMethod(methods: readonly string[] | undefined, method: string): boolean {
  if (methods === undefined || methods.includes(method)) return true;
  return method === "HEAD" && methods.includes("GET");
}

function haveCommonMethod(a: readonly string[] | undefined, b: readonly string[] | undefined): boolean {
  if (a === undefined || b === undefined) return true;
  return a.some((method) => takesMethod(b, method)) || b.some((method) => takesMethod(a, method));
}

/** Whether one request can fulfil both: no name is wanted with two different values. */
function agree(a: RouteConditions["query"], b: RouteConditions["query"], normal: (name: string) => string): boolean {
  const wanted = new Map(Object.entries(b ?? {}).map(([name, value]) => [normal(name), value]));
  return Object.entries(a ?? {}).every(([name, value]) => {
    const other = wanted.get(normal(name));
    return other === undefined || other === true || value === true || other === value;
  });
}
