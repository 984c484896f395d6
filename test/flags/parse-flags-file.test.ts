import { expect, it } from "vitest";
import { parseFlagsFile } from "../../src/flags/parse-flags-file.ts";

function problemsOf(text: string) {
  const result = parseFlagsFile(text);
  return result.ok ? [] : result.problems;
}

it("reads flags with comments, trailing commas and a byte order mark", () => {
  const result = parseFlagsFile(
    '\uFEFF{ // mine\n "$schema": "x", "a": true, "b": { "percent": 5, "users": ["u1"], }, }',
  );
  expect(result.ok && [...result.flags]).toEqual([
    ["a", true],
    ["b", { percent: 5, users: ["u1"] }],
  ]);
});

it("reports every problem at once, each with path, place and remedy", () => {
  const problems = problemsOf(`{
  "a": 25,
  "b": "on",
  "c": { "percnt": 5 },
  "d": { "percent": 2.5, "users": "u1" },
  "e": {},
  "f.g": { "constraints": [{ "contextName": "plan", "operator": "NUM_GT", "values": ["1"] }] },
  "a": true
}`);
  expect(problems.map(({ path, line }) => [path, line])).toEqual(
    expect.arrayContaining([
      ["a", 8],
      ["b", 3],
      ["c.percnt", 4],
      ["d.percent", 5],
      ["d.users", 5],
      ["e", 6],
      ['["f.g"].constraints[0]', 7],
    ]),
  );
  expect(problems.every(({ message, remedy, severity }) => message && remedy && severity === "error")).toBe(true);
  expect(problems.find(({ path }) => path === "c.percnt")?.remedy).toBe("Did you mean percent?");
});

it("says how a bare number is written", () => {
  expect(problemsOf('{ "a": 25 }')[0]).toMatchObject({
    path: "a",
    remedy: 'Write { "percent": 25 }.',
    line: 1,
    column: 8,
  });
});

it.each(["", "[]", "{", "true", '{ "a": tru }'])("refuses %j as a whole", (text) => {
  expect(problemsOf(text)).toHaveLength(1);
  expect(problemsOf(text)[0]).toMatchObject({ path: "", severity: "error" });
});

it("does not take __proto__ for a flag", () => {
  expect(problemsOf('{ "__proto__": true }')).toHaveLength(1);
});
