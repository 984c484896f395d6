import { LEGACY } from "../../model/side.ts";
import { isCertain } from "../config-draft.ts";
import type { Rule } from "./rule.ts";

/** A flag chooses between legacy and `to`. */
export const legacyNeedsNoFlag: Rule = ({ routes }) =>
  routes.flatMap((route) => {
    const { to, flag } = route.fields;
    if (to !== LEGACY || flag === undefined || !isCertain(route, "to", "flag")) return [];
    return [
      {
        path: ["routes", route.index, "flag"],
        message: "The flag decides nothing: on or off, the route goes to legacy.",
        remedy: "Take `flag` out, or let `to` name a modern upstream.",
      },
    ];
  });
