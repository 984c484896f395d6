import { isCertain } from "../config-draft.ts";
import type { Rule } from "./rule.ts";

/** Decisions, metrics, overrides and commands name a route by its id. */
export const uniqueRouteIds: Rule = ({ routes }) => {
  const firstIndexes = new Map<string, number>();
  return routes.flatMap((route) => {
    const { id } = route.fields;
    if (id === undefined || !isCertain(route, "id")) return [];
    const first = firstIndexes.get(id);
    if (first === undefined) {
      firstIndexes.set(id, route.index);
      return [];
    }
    return [
      {
        path: ["routes", route.index, "id"],
        message: `The id "${id}" is already that of routes[${first}].`,
        remedy: "Give each route an id of its own.",
      },
    ];
  });
};
