import { METHODS } from "node:http";
import { nearestName } from "../nearest-name.ts";
import type { Rule } from "./rule.ts";

/** What no route ever sees: the screening refuses TRACE, and tunnels to anywhere are no gateway's business. */
const REFUSED = new Set(["CONNECT", "TRACE"]);
const USUAL = METHODS.filter((method) => !REFUSED.has(method));

/** Extension methods are served like all others; but what is a slip away from a usual one was hardly meant. */
export const methodsThatArrive: Rule = ({ routes }) =>
  routes.flatMap(({ index, fields }) =>
    (fields.methods ?? []).flatMap((method, position) => {
      if (USUAL.includes(method)) return [];
      const path = ["routes", index, "methods", position];
      if (REFUSED.has(method)) {
        const message = `figway refuses requests with the method ${method}, so none ever comes to this route.`;
        return [{ path, message, remedy: "Take it out." }];
      }
      const meant = nearestName(method, USUAL);
      if (meant === undefined) return [];
      return [{ path, message: `${method} is no usual method.`, remedy: `Did you mean "${meant}"?` }];
    }),
  );
