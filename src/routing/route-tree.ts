import { foldCase } from "../config/path-octets.ts";
import type { PatternSegment } from "../config/path-pattern.ts";
import { type CompiledRoute, compareCompiled } from "./compiled-route.ts";

/** Routes by their paths, a node a segment: the cost of a match is the length of the path, however many routes there are. */
export interface RouteTree {
  /** By every spelling of a static segment. */
  statics: Map<string, RouteTree> | undefined;
  param: RouteTree | undefined;
  /** Routes whose path ends here, the most specific first. */
  readonly ends: CompiledRoute[];
  /** Routes that are open below here, the most specific first. */
  readonly open: CompiledRoute[];
}

/** Whether a server is taken to tell upper from lower case. */
export type CaseReading = "exact" | "folded";

export function buildRouteTree(routes: readonly CompiledRoute[], caseReading: CaseReading): RouteTree {
  const root = emptyNode();
  for (const route of routes.toSorted(compareCompiled)) {
    let node = root;
    for (const segment of route.pattern.segments) node = childFor(node, segment, caseReading);
    (route.pattern.isOpen ? node.open : node.ends).push(route);
  }
  return root;
}

function emptyNode(): RouteTree {
  return { statics: undefined, param: undefined, ends: [], open: [] };
}

function childFor(node: RouteTree, segment: PatternSegment, caseReading: CaseReading): RouteTree {
  if (segment.kind === "param") {
    node.param ??= emptyNode();
    return node.param;
  }
  node.statics ??= new Map();
  const spellings = caseReading === "exact" ? segment.spellings : segment.spellings.map(foldCase);
  // The decoded spelling comes first and names the node; the others lead to the same one.
  const child = node.statics.get(spellings[0] as string) ?? emptyNode();
  for (const spelling of spellings) node.statics.set(spelling, child);
  return child;
}

/** Whether routes look the same to servers that tell upper from lower case and to servers that do not. */
export function ignoresCase(routes: readonly CompiledRoute[]): boolean {
  return routes.every(({ pattern }) =>
    pattern.segments.every(
      (segment) => segment.kind === "param" || segment.spellings.every((spelling) => foldCase(spelling) === spelling),
    ),
  );
}

/**
 * The first route, from the most specific to the least, whose path matches and that `accepts` takes. `start` is where the next
 * segment begins. One slash at the end says nothing; empty segments before it are no segments of any route, but lie below `*`.
 */
export function findRoute(
  node: RouteTree,
  path: string,
  start: number,
  accepts: (route: CompiledRoute) => boolean,
): CompiledRoute | undefined {
  if (start >= path.length) return firstAccepted(node.ends, accepts) ?? firstAccepted(node.open, accepts);
  const slash = path.indexOf("/", start);
  const end = slash === -1 ? path.length : slash;
  if (end > start) {
    const child = node.statics?.get(path.slice(start, end));
    const found = child === undefined ? undefined : findRoute(child, path, end + 1, accepts);
    if (found !== undefined) return found;
    const below = node.param === undefined ? undefined : findRoute(node.param, path, end + 1, accepts);
    if (below !== undefined) return below;
  }
  return firstAccepted(node.open, accepts);
}

function firstAccepted(
  routes: readonly CompiledRoute[],
  accepts: (route: CompiledRoute) => boolean,
): CompiledRoute | undefined {
  for (const route of routes) {
    if (route.isUnconditional || accepts(route)) return route;
  }
  return undefined;
}
