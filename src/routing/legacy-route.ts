import { type RouteConfig, routeSchema } from "../config/schema/routes.ts";
import { LEGACY } from "../model/side.ts";

/** The id of the route that takes whatever no route of routes.json takes. */
export const LEGACY_ROUTE_ID = LEGACY;

/** Routing is total: what nobody has moved belongs to the monolith (law 1). */
export const LEGACY_ROUTE: RouteConfig = Object.freeze(
  routeSchema.parse({ id: LEGACY_ROUTE_ID, path: "/*", to: LEGACY }),
);
