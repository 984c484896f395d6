import { type ConfigDraft, isCertain, type RouteDraft } from "../config-draft.ts";
import type { Finding } from "../finding.ts";
import {
  CONDITION_NAMES,
  canMatchSameRequest,
  compareRanks,
  rankRoute,
  type RouteConditions,
  staticText,
} from "../route-rank.ts";
import type { Rule } from "./rule.ts";

interface Ranked {
  readonly draft: RouteDraft;
  readonly conditions: RouteConditions;
}

/** Two routes that can match the same request at the same rank leave the choice to chance. */
export const noEqualRanks: Rule = ({ routes }) =>
  byStaticText(routes).flatMap((group) => group.flatMap((route, index) => clashes(route, group.slice(0, index))));

/** Only routes with the same path can clash, so a thousand routes are not compared each with each. */
function byStaticText(routes: ConfigDraft["routes"]): Ranked[][] {
  const groups = new Map<string, Ranked[]>();
  for (const draft of routes) {
    const { path } = draft.fields;
    if (path === undefined || !isCertain(draft, ...CONDITION_NAMES)) continue;
    const key = staticText(path);
    const group = groups.get(key) ?? [];
    group.push({ draft, conditions: { ...draft.fields, path } });
    groups.set(key, group);
  }
  return [...groups.values()];
}

function clashes(route: Ranked, earlier: readonly Ranked[]): Finding[] {
  const rank = rankRoute(route.conditions);
  return earlier
    .filter((other) => compareRanks(rank, rankRoute(other.conditions)) === 0)
    .filter((other) => canMatchSameRequest(route.conditions, other.conditions))
    .map((other) => ({
      path: ["routes", route.draft.index],
      message: `${nameOf(route.draft)} and ${nameOf(other.draft)} can match the same request, and neither is more specific.`,
      remedy: "Tell them apart by `path`, `methods`, `host`, `query` or `headers`, or make them one.",
    }));
}

function nameOf({ index, fields }: RouteDraft): string {
  return fields.id === undefined ? `routes[${index}]` : `"${fields.id}" (routes[${index}])`;
}
