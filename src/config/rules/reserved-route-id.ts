import { LEGACY } from "../../model/side.ts";
import { isCertain } from "../config-draft.ts";
import type { Rule } from "./rule.ts";

/** `legacy` is the id of the implicit route for everything that no route names; another meaning of it would make logs lie. */
export const reservedRouteId: Rule = ({ routes }) =>
  routes.flatMap((route) => {
    const { id, path, to } = route.fields;
    if (id !== LEGACY || !isCertain(route, "id", "path", "to") || (path === "/*" && to === LEGACY)) return [];
    return [
      {
        path: ["routes", route.index, "id"],
        message: `The id "${LEGACY}" belongs to the route that takes whatever no other route takes.`,
        remedy: "Choose another id.",
      },
    ];
  });
