import { LEGACY } from "../../model/side.ts";
import { isCertain } from "../config-draft.ts";
import { nearestName } from "../nearest-name.ts";
import type { Rule } from "./rule.ts";

/** Names are resolved at load, never per request. A flagged route without `to` goes to `modern`. */
export const upstreamExists: Rule = ({ routes, upstreams }) => {
  if (upstreams === undefined) return [];
  return routes.flatMap((route) => {
    const { to, flag } = route.fields;
    if (!isCertain(route, "to")) return [];
    if (to === undefined && !isCertain(route, "flag")) return [];
    const name = to ?? (flag === undefined ? undefined : "modern");
    // That legacy itself is missing is told once, by legacyExists.
    if (name === undefined || name === LEGACY || upstreams.has(name)) return [];
    const meant = nearestName(name, upstreams.keys());
    const known = [...upstreams.keys()].map((other) => `"${other}"`).join(", ");
    return [
      {
        path: ["routes", route.index, ...(to === undefined ? [] : ["to"])],
        message:
          to === undefined
            ? 'The route has a flag and no `to`, so it goes to "modern", and there is no such upstream.'
            : `There is no upstream called "${name}".`,
        remedy: meant === undefined ? `Name one of ${known}, or add it to \`upstreams\`.` : `Did you mean "${meant}"?`,
      },
    ];
  });
};
