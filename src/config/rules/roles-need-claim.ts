import { isCertain } from "../config-draft.ts";
import type { Rule } from "./rule.ts";

/** `roles` are looked up in the claim `roles`; a session that never fills it shuts everyone out. */
export const rolesNeedClaim: Rule = ({ routes, session }) => {
  if (session === undefined || session.kind === "none" || session.claims["roles"] !== undefined) return [];
  return routes.flatMap((route) => {
    if (route.fields.roles === undefined || !isCertain(route, "roles")) return [];
    return [
      {
        path: ["routes", route.index, "roles"],
        message: "The route asks for roles, but no claim `roles` is taken from the session, so nobody would have one.",
        remedy: 'Add where they lie to `identity.session.claims`, such as "roles": "/user/roles".',
        at: "name",
      },
    ];
  });
};
