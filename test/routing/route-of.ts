import { type RouteConfig, routeSchema } from "../../src/config/schema/routes.ts";
import type { RouteMatch, RouteRequest } from "../../src/routing/route-request.ts";

/** A route as the configuration would hold it. */
export function routeOf(route: Partial<RouteConfig> & { path: string }): RouteConfig {
  return routeSchema.parse({
    id: route.path
      .replace(/[^A-Za-z0-9]/g, "-")
      .replace(/^-*/, "r-")
      .slice(0, 60),
    flag: "f",
    ...route,
  });
}

/** A request for a target, plain in all other ways. */
export function requestFor(target: string, rest: Partial<RouteRequest> = {}): RouteRequest {
  return { method: "GET", target, host: "shop.test:3000", headers: ["Host", "shop.test:3000"], ...rest };
}

/** The id of the route that was matched, or `ambiguous`. */
export function idOf(match: RouteMatch): string {
  return match.kind === "matched" ? match.route.id : "ambiguous";
}
