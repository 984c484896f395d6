import { expect, it } from "vitest";
import { takesLessThan, timeOf } from "../doubles/takes-less-than.ts";
import { checkParameters, compileWantedParameters } from "../../src/routing/query-conditions.ts";

const verdict = (wanted: Record<string, string | true>, query: string): string =>
  checkParameters(compileWantedParameters(wanted), query);

it.each([
  [{ page: "report" }, "page=report", "holds"],
  [{ page: "report" }, "x=%2f+&page=report&y[]=;", "holds"],
  [{ page: "report" }, "", "fails"],
  [{ page: "report" }, "page", "fails"],
  [{ page: "report" }, "page=Report", "fails"],
  [{ page: "report" }, "xpage=report", "fails"],
  [{ page: "report" }, "page=re%70ort", "doubtful"],
  [{ page: "report" }, "p%2561ge=report", "doubtful"],
  [{ page: "report" }, "page=report&page=report", "doubtful"],
  [{ page: "report" }, "page=report&page=x", "doubtful"],
  [{ page: "report" }, "page=report&pa%67e=x", "doubtful"],
  [{ page: "report" }, "page=a&page=b", "fails"],
  [{ page: "report" }, "page[]=report", "doubtful"],
  [{ page: "report" }, "page%5B0%5D=report", "doubtful"],
  [{ page: "report" }, "page[a]=x", "fails"],
  [{ page: "report" }, "a=1;page=report", "doubtful"],
  [{ page: "report" }, "page=report;a=1", "doubtful"],
  [{ page: true }, "page", "holds"],
  [{ page: true }, "page=1&page=2", "holds"],
  [{ page: true }, "pag%65", "doubtful"],
  [{ page: true }, "pages=1", "fails"],
  [{ page: "" }, "page=", "holds"],
  [{ q: "a b" }, "q=a%20b", "holds"],
  // As a form of a browser sends it.
  [{ q: "a b" }, "q=a+b", "holds"],
  [{ q: "a+b" }, "q=a%2Bb", "holds"],
  [{ q: "café" }, "q=caf%C3%A9", "holds"],
  [{ q: "caf%" }, "q=caf%", "holds"],
  [{ a: "1", b: "2" }, "b=2&a=1", "holds"],
  [{ a: "1", b: "2" }, "b=%32&a=1", "doubtful"],
  [{ a: "1", b: "2" }, "b=%32&a=3", "fails"],
] as const)("%j on ?%s %s", (wanted, query, expected) => {
  expect(verdict(wanted, query)).toBe(expected);
});

it("does not take long over a query that is made to", () => {
  const query = "a%3d=b;+[&".repeat(800);
  verdict({ a: "1" }, query);
  return takesLessThan(100, () => timeOf(() => verdict({ a: "1" }, query)));
});
