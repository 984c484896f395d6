import { isCertain } from "../config-draft.ts";
import type { Rule } from "./rule.ts";

/** Without sessions nobody is ever logged in. */
export const authNeedsSession: Rule = ({ routes, session }) => {
  if (session?.kind !== "none") return [];
  return routes.flatMap((route) => {
    const { auth, roles } = route.fields;
    const name = roles !== undefined ? "roles" : "auth";
    if ((roles === undefined && auth !== "required") || !isCertain(route, "auth", "roles")) return [];
    return [
      {
        path: ["routes", route.index, name],
        message: 'The route wants a logged-in user, but `identity.session` is of kind "none", so there never is one.',
        remedy: `Take \`${name}\` out, or tell \`identity.session\` how to read legacy's sessions.`,
        at: "name",
      },
    ];
  });
};
