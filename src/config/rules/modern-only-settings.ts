import { LEGACY } from "../../model/side.ts";
import { isCertain } from "../config-draft.ts";
import type { Rule } from "./rule.ts";

const MODERN_ONLY = [
  "rewrite",
  "stripPrefix",
  "roles",
  "fallback",
  "acceptCrossSiteRequests",
  "passClientAuthorization",
] as const;

/** These act on the way to modern only. On a route that always goes to legacy they would look like protection and be none. */
export const modernOnlySettings: Rule = ({ routes }) =>
  routes.flatMap((route) => {
    if (route.fields.to !== LEGACY || !isCertain(route, "to")) return [];
    const { fields } = route;
    const idle = MODERN_ONLY.filter((name) => {
      const value = fields[name];
      return value !== undefined && value !== false && value !== "none" && isCertain(route, name);
    }) as string[];
    if (fields.auth === "required" && isCertain(route, "auth")) idle.push("auth");
    return idle.map((name) => ({
      path: ["routes", route.index, name],
      message: `\`${name}\` acts towards modern only, and this route always goes to legacy.`,
      remedy: `Take \`${name}\` out; legacy keeps its own rules.`,
      at: "name" as const,
    }));
  });
