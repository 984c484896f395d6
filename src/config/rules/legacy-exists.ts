import { LEGACY } from "../../model/side.ts";
import type { Rule } from "./rule.ts";

/** When in doubt, legacy serves (law 1), so it must be there. */
export const legacyExists: Rule = ({ upstreams }) => {
  if (upstreams === undefined || upstreams.has(LEGACY)) return [];
  return [
    {
      path: ["upstreams"],
      message: `There is no upstream called "${LEGACY}".`,
      remedy: `Add the monolith's address: "${LEGACY}": { "url": "http://127.0.0.1:4000" }.`,
    },
  ];
};
