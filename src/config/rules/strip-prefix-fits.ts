import { isCertain } from "../config-draft.ts";
import type { Rule } from "./rule.ts";

/** What every request of the route begins with can be taken off; anything else would be taken off some of them. */
export const stripPrefixFits: Rule = ({ routes }) =>
  routes.flatMap((route) => {
    const { path, stripPrefix } = route.fields;
    if (path === undefined || stripPrefix === undefined || !isCertain(route, "path", "stripPrefix")) return [];
    const fixed = path.split(/\/[:*]/, 1)[0] as string;
    if (fixed === stripPrefix || fixed.startsWith(`${stripPrefix}/`)) return [];
    return [
      {
        path: ["routes", route.index, "stripPrefix"],
        message: `Not every path of the route begins with "${stripPrefix}".`,
        remedy: fixed === "" ? "Take it out." : `Use the beginning of \`path\`: "${fixed}" or less of it.`,
      },
    ];
  });
