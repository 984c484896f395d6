import { isCertain } from "../config-draft.ts";
import type { Rule } from "./rule.ts";

/** Without a flag, a route says where it goes: nothing may reach modern because somebody forgot a line. */
export const flagOrTarget: Rule = ({ routes }) =>
  routes.flatMap((route) => {
    const { to, flag } = route.fields;
    if (to !== undefined || flag !== undefined || !isCertain(route, "to", "flag")) return [];
    return [
      {
        path: ["routes", route.index, "flag"],
        message: "The route has neither a `flag` nor a `to`, so nothing says where it goes.",
        remedy: "Add the `flag` that decides, or `to` for an upstream that always takes it.",
      },
    ];
  });
