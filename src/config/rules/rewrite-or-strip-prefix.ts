import { isCertain } from "../config-draft.ts";
import type { Rule } from "./rule.ts";

/** `rewrite` replaces the whole path, so nothing of a prefix is left to strip. */
export const rewriteOrStripPrefix: Rule = ({ routes }) =>
  routes.flatMap((route) => {
    const { rewrite, stripPrefix } = route.fields;
    if (rewrite === undefined || stripPrefix === undefined || !isCertain(route, "rewrite", "stripPrefix")) return [];
    return [
      {
        path: ["routes", route.index, "stripPrefix"],
        message: "`rewrite` and `stripPrefix` both say what path is sent.",
        remedy: "Keep one of the two.",
        at: "name",
      },
    ];
  });
