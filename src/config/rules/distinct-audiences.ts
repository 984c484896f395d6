import { LEGACY } from "../../model/side.ts";
import type { Rule } from "./rule.ts";

/** A token for one upstream is as good at another with the same audience (RFC 7519 §4.1.3). It may be meant, so it is a warning. */
export const distinctAudiences: Rule = ({ upstreams }) => {
  const first = new Map<string, string>();
  return [...(upstreams ?? [])].flatMap(([name, { audience = name }]) => {
    if (name === LEGACY) return [];
    const other = first.get(audience);
    if (other === undefined) {
      first.set(audience, name);
      return [];
    }
    return [
      {
        path: ["upstreams", name, "audience"],
        message: `"${name}" and "${other}" have the same audience, so each takes the tokens of the other.`,
        remedy: "Give each upstream an audience of its own, unless they are one service.",
        severity: "warning",
      },
    ];
  });
};
