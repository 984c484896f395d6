import type { RouteConfig } from "../../src/config/schema/routes.ts";
import { LEGACY_ROUTE_ID } from "../../src/routing/legacy-route.ts";
import type { RouteRequest } from "../../src/routing/route-request.ts";

/**
 * The rules of docs/configuration.md said again in the simplest way: look at every route, keep those that match, take the one
 * that none of the others beats. For requests that can be read in one way only.
 */
export function naiveMatch(routes: readonly RouteConfig[], request: RouteRequest): string {
  const { pathname, searchParams } = new URL(`http://h${request.target}`);
  const matching = routes.filter(
    (route) =>
      naivePathMatch(route.path, pathname) &&
      (route.methods ?? [request.method]).some(
        (method) => method === request.method || (method === "GET" && request.method === "HEAD"),
      ) &&
      hostMatches(route.host, request.host) &&
      Object.entries(route.query ?? {}).every(([name, value]) => holds(searchParams.get(name), value)) &&
      Object.entries(route.headers ?? {}).every(([name, value]) => holds(headerOf(request, name), value)),
  );
  return mostSpecific(matching);
}

/** The id of the route that none of the others beats; of no routes, that of the implicit one. */
export function mostSpecific(matching: readonly RouteConfig[]): string {
  const best = matching.find((route) => matching.every((other) => other === route || beats(route, other)));
  return best?.id ?? LEGACY_ROUTE_ID;
}

/** Whether a pattern matches a path, segment by segment, in the case as written. */
export function naivePathMatch(pattern: string, path: string): boolean {
  const wanted = pattern.split("/").slice(1);
  const given = path.split("/").slice(1);
  if (wanted.at(-1) === "") wanted.pop();
  if (given.at(-1) === "") given.pop();
  const isOpen = wanted.at(-1) === "*";
  const fixed = isOpen ? wanted.slice(0, -1) : wanted;
  if (isOpen ? given.length < fixed.length : given.length !== fixed.length) return false;
  return fixed.every((segment, index) => (segment.startsWith(":") ? given[index] !== "" : segment === given[index]));
}

function hostMatches(wanted: string | undefined, host: string): boolean {
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (wanted === undefined) return true;
  return wanted.startsWith("*.")
    ? name.endsWith(wanted.slice(1).toLowerCase()) && name.length >= wanted.length
    : name === wanted.toLowerCase();
}

function headerOf({ headers }: RouteRequest, name: string): string | null {
  const index = headers.findIndex((field, index) => index % 2 === 0 && field.toLowerCase() === name.toLowerCase());
  return index === -1 ? null : (headers[index + 1] as string);
}

function holds(given: string | null, wanted: string | true): boolean {
  return given !== null && (wanted === true || given === wanted);
}

/** `a` before `b`. */
function beats(a: RouteConfig, b: RouteConfig): boolean {
  const [first, second] = [weights(a), weights(b)];
  const index = first.findIndex((weight, index) => weight !== second[index]);
  return index === -1 ? a.id < b.id : (first[index] as number) > (second[index] ?? -1);
}

/** Path by segment, padded so that what comes after lines up; then host, conditions, exact conditions, methods. */
function weights({ path, host, query, headers, methods }: RouteConfig): number[] {
  const parts = path.split("/").filter((part) => part !== "");
  const path10 = Array.from({ length: 10 }, (_, index) => {
    const part = parts[index];
    if (part === undefined) return index === parts.length && parts.at(-1) !== "*" ? 1 : -1;
    if (part === "*") return 0;
    return part.startsWith(":") ? 2 : 3;
  });
  const wanted = [...Object.values(query ?? {}), ...Object.values(headers ?? {})];
  const hostWeight = host === undefined ? 0 : host.startsWith("*.") ? host.split(".").length : 100;
  return [
    ...path10,
    hostWeight,
    wanted.length,
    wanted.filter((value) => value !== true).length,
    methods === undefined ? 0 : 1,
  ];
}
