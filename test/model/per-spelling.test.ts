import { expect, it } from "vitest";
import { perSpelling } from "../../src/model/per-spelling.ts";

it("judges each spelling once", () => {
  const judged: string[] = [];
  const lengthOf = perSpelling((name) => {
    judged.push(name);
    return name.length;
  });
  expect([lengthOf("Accept"), lengthOf("accept"), lengthOf("Accept"), lengthOf(""), lengthOf("")]).toEqual([
    6, 6, 6, 0, 0,
  ]);
  expect(judged).toEqual(["Accept", "accept", ""]);
});

it("takes no name for another that differs beyond its low octets", () => {
  const isPlain = perSpelling((name) => (/^[A-Z]+$/.test(name) ? "plain" : "odd"));
  expect([isPlain("\u0141"), isPlain("A"), isPlain("\u0141")]).toEqual(["odd", "plain", "odd"]);
});

it("goes on judging, and remembers no more, where the spellings are without end", () => {
  let judged = 0;
  const judge = perSpelling((name) => {
    judged += 1;
    return name;
  });
  for (let i = 0; i < 10_000; i++) expect(judge(`X-${i}`)).toBe(`X-${i}`);
  const long = "X".repeat(65);
  for (const name of ["X-1", "X-9999", "X-9999", long, long]) expect(judge(name)).toBe(name);
  expect(judged).toBe(10_000 + 4);
});
