import { METHODS } from "node:http";
import { nearestName } from "../nearest-name.ts";
import type { Rule } from "./rule.ts";

/** What no route ever sees: the screening refuses TRACE, and tunnels to anywhere are no gateway's business. */
const REFUSED = new Set(["CONNECT", "TRACE"]);
const ARRIVING = METHODS.filter((method) => !REFUSED.has(method));

/** Node's parser answers for methods that it does not know, so a route that names one would wait for ever. */
export const methodsThatArrive: Rule = ({ routes }) =>
  routes.flatMap(({ index, fields }) =>
    (fields.methods ?? []).flatMap((method, position) => {
      if (ARRIVING.includes(method)) return [];
      const meant = nearestName(method, ARRIVING);
      return [
        {
          path: ["routes", index, "methods", position],
          message: `figway refuses requests with the method ${method}, so none ever comes to this route.`,
          remedy: meant === undefined || REFUSED.has(method) ? "Take it out." : `Did you mean "${meant}"?`,
        },
      ];
    }),
  );
