import { isCertain } from "../config-draft.ts";
import type { Rule } from "./rule.ts";

/** `roles` imply `auth: required`; `auth: none` says the opposite. */
export const rolesNeedAuth: Rule = ({ routes }) =>
  routes.flatMap((route) => {
    const { auth, roles } = route.fields;
    if (roles === undefined || auth !== "none" || !isCertain(route, "auth", "roles")) return [];
    return [
      {
        path: ["routes", route.index, "auth"],
        message: "The route asks for roles and says that it never carries an identity.",
        remedy: "Take one of `roles` and `auth` out.",
      },
    ];
  });
