import { expect, it } from "vitest";
import { explainMatch } from "../../src/routing/explain-match.ts";
import { requestFor, routeOf } from "./route-of.ts";

const routes = [
  routeOf({ id: "everything", path: "/*", to: "legacy" }),
  routeOf({ id: "orders", path: "/orders/*", query: { view: "list" } }),
  routeOf({ id: "order", path: "/orders/:id", methods: ["GET"] }),
  routeOf({ id: "account", path: "/account" }),
];

it("lists the routes whose path matches, the most specific first, and says what became of each", () => {
  const { match, candidates } = explainMatch(routes, requestFor("/orders/7", { method: "POST" }));
  expect(match).toMatchObject({ kind: "matched", route: { id: "everything" } });
  expect(candidates.map(({ route, verdict, why }) => [route.id, verdict, why])).toEqual([
    ["order", "passed-over", "takes GET and not POST"],
    ["orders", "passed-over", "its condition on the query (view=list) does not hold"],
    ["everything", "selected", "the most specific route that matches"],
    ["legacy", "less-specific", "a more specific route takes the request"],
  ]);
});

it("says that what no route takes belongs to legacy", () => {
  const { candidates } = explainMatch([], requestFor("/x"));
  expect(candidates).toMatchObject([
    { route: { id: "legacy" }, verdict: "selected", why: expect.stringContaining("legacy") },
  ]);
});

it("gives the readings of a request that is refused", () => {
  const { match } = explainMatch(routes, requestFor("/ACCOUNT"));
  expect(match).toMatchObject({ kind: "ambiguous", readings: [{ routeId: "everything" }, { routeId: "account" }] });
});
