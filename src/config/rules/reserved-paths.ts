import { isCertain } from "../config-draft.ts";
import type { Rule } from "./rule.ts";

/** `/.figway/` is answered by figway itself (DESIGN §6), so a route below it would never be asked. */
export const reservedPaths: Rule = ({ routes }) =>
  routes.flatMap((route) => {
    const { path } = route.fields;
    if (path === undefined || !isCertain(route, "path") || !/^\/\.figway(?:\/|$)/i.test(path)) return [];
    return [
      {
        path: ["routes", route.index, "path"],
        message: "Everything below /.figway/ is answered by figway itself.",
        remedy: "Choose another path.",
      },
    ];
  });
