import type { RouteConfig } from "../config/schema/routes.ts";
import {
  type CompiledRoute,
  compileRoute,
  firstUnmet,
  matchedBy,
  normalHost,
  type RequestView,
} from "./compiled-route.ts";
import { LEGACY_ROUTE } from "./legacy-route.ts";
import { isPlainPath, readPath } from "./path-readings.ts";
import type { RouteMatch, RouteRequest } from "./route-request.ts";
import { buildRouteTree, findRoute, ignoresCase, type RouteTree } from "./route-tree.ts";

export interface Router {
  /** The most specific route (config/route-rank.ts says which that is), whatever the order of the routes. Total, never throws. */
  match(request: RouteRequest): RouteMatch;
}

interface Trees {
  readonly exact: RouteTree;
  readonly folded: RouteTree;
}

/** What one reading selects; two routes where a condition is in doubt. */
interface Selection {
  readonly how: string;
  readonly routes: readonly CompiledRoute[];
}

const LEGACY_COMPILED = compileRoute(LEGACY_ROUTE);

export function createRouter(routes: readonly RouteConfig[]): Router {
  const compiled = routes.map(compileRoute);
  const exact = buildRouteTree(compiled, "exact");
  const folded = ignoresCase(compiled) ? exact : buildRouteTree(compiled, "folded");
  const trees: Trees = { exact, folded };
  return {
    match(request) {
      const { target } = request;
      const mark = target.indexOf("?");
      const path = mark === -1 ? target : target.slice(0, mark);
      if (!path.startsWith("/")) return matchNoPath(path);
      const search = new Search(request, mark);
      const isPlain = folded === exact && isPlainPath(path);
      if (isPlain) {
        const found = findRoute(exact, path, 1, search.accepts) ?? LEGACY_COMPILED;
        if (!search.hasDoubted) return matchedBy(found, path);
      }
      return matchEveryReading(trees, path, search);
    },
  };
}

/** `*` is the server as a whole (RFC 9110 §9.3.7). Anything else that is no path has no one reading. */
function matchNoPath(path: string): RouteMatch {
  if (path === "*") return LEGACY_COMPILED.match;
  return { kind: "ambiguous", readings: [{ reading: describe("not a path", path), routeId: LEGACY_ROUTE.id }] };
}

/** One search; the same for all readings of a path. */
class Search implements RequestView {
  readonly request: RouteRequest;
  hasDoubted = false;
  doubtfulConditions: "hold" | "fail" = "hold";
  readonly #mark: number;
  #host: string | undefined;

  constructor(request: RouteRequest, mark: number) {
    this.request = request;
    this.#mark = mark;
  }

  get host(): string {
    this.#host ??= normalHost(this.request.host);
    return this.#host;
  }

  get query(): string {
    return this.#mark === -1 ? "" : this.request.target.slice(this.#mark + 1);
  }

  readonly accepts = (route: CompiledRoute): boolean => {
    const unmet = firstUnmet(route, this);
    if (unmet === undefined) return true;
    if (unmet.verdict === "fails") return false;
    this.hasDoubted = true;
    return this.doubtfulConditions === "hold";
  };
}

function matchEveryReading(trees: Trees, path: string, search: Search): RouteMatch {
  const readings = readPath(path);
  if (readings === undefined) {
    return {
      kind: "ambiguous",
      readings: [{ reading: describe("too many readings", path), routeId: LEGACY_ROUTE.id }],
    };
  }
  let literal: CompiledRoute | undefined;
  for (const reading of readings) {
    const { how, routes } = select(trees[reading.caseReading], reading, search);
    literal ??= routes[0] as CompiledRoute;
    const other = routes.find((route) => route !== literal);
    if (other === undefined) continue;
    return {
      kind: "ambiguous",
      readings: [
        { reading: describe("as sent", path), routeId: literal.route.id },
        { reading: describe(how, reading.path), routeId: other.route.id },
      ],
    };
  }
  return matchedBy(literal ?? LEGACY_COMPILED, path);
}

function select(tree: RouteTree, { path, how }: { path: string; how: string }, search: Search): Selection {
  search.hasDoubted = false;
  search.doubtfulConditions = "hold";
  const first = findRoute(tree, path, 1, search.accepts) ?? LEGACY_COMPILED;
  if (!search.hasDoubted) return { how, routes: [first] };
  search.doubtfulConditions = "fail";
  const second = findRoute(tree, path, 1, search.accepts) ?? LEGACY_COMPILED;
  return { how: how === "" ? "its query or header fields read otherwise" : how, routes: [first, second] };
}

/** Quoted and cut short: it goes into the log, and was made by a stranger. */
function describe(how: string, path: string): string {
  return `${how}: ${JSON.stringify(path.slice(0, 200))}`;
}
