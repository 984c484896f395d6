import * as fc from "fast-check";
import { expect, it } from "vitest";
import { editFlagsFile } from "../../src/flags/edit-flags-file.ts";
import type { FlagValue } from "../../src/flags/flag-source.ts";
import { parseFlagsFile } from "../../src/flags/parse-flags-file.ts";

it.each<[string, string, FlagValue, string]>([
  ['{ "a": true }', "a", false, '{ "a": false }'],
  ['{ "a": true }', "b", true, '{ "a": true, "b": true }'],
  ['{\n\t"a": true\n}\n', "b", { percent: 5 }, '{\n\t"a": true,\n\t"b": { "percent": 5 }\n}\n'],
  ["{}", "a", true, '{\n  "a": true\n}'],
  ["{\n}\n", "a", true, '{\n  "a": true\n}\n'],
  ['{ "a": { "users": ["u1"] } }', "a", { percent: 5 }, '{ "a": { "users": ["u1"], "percent": 5 } }'],
  ['{ "a": { "percent": 5, "users": ["u1"] } }', "a", { percent: 50 }, '{ "a": { "percent": 50, "users": ["u1"] } }'],
  ['{ "a": { "percent": 5 } }', "a", false, '{ "a": { "percent": 5, "enabled": false } }'],
  ['{ "a": { "percent": 5, "enabled": false } }', "a", { percent: 6 }, '{ "a": { "percent": 6, "enabled": true } }'],
  ['{ "a": { "percent": 5, "users": ["u1"] } }', "a", true, '{ "a": true }'],
  ['{\r\n  "a": true\r\n}', "b", true, '{\r\n  "a": true,\r\n  "b": true\r\n}'],
])("changes %j: %s to %j", (text, flag, value, expected) => {
  expect(editFlagsFile(text, flag, value)).toBe(expected);
});

it("changes the one flag and no other, whatever the file holds", () => {
  const flag = fc.oneof(
    fc.boolean(),
    fc.record({
      percent: fc.integer({ min: 0, max: 100 }),
      users: fc.array(fc.string({ minLength: 1 }), { minLength: 1 }),
    }),
  );
  const name = fc.string({ minLength: 1 }).filter((name) => name !== "__proto__" && name !== "$schema");
  const value = fc.oneof(fc.boolean(), fc.record({ percent: fc.integer({ min: 0, max: 100 }) }));
  fc.assert(
    fc.property(
      fc.dictionary(name, flag),
      name,
      value,
      fc.constantFrom(0, 1, 2, "\t"),
      (flags, name, value, indent) => {
        const before = parseFlagsFile(JSON.stringify(flags, undefined, indent));
        const after = parseFlagsFile(editFlagsFile(JSON.stringify(flags, undefined, indent), name, value));
        if (!before.ok || !after.ok) throw new Error(JSON.stringify(after));
        const rest = (parsed: typeof before) => [...parsed.flags].filter(([other]) => other !== name);
        expect(rest(after)).toEqual(rest(before));
        const set = after.flags.get(name);
        if (typeof value === "boolean") expect(typeof set === "object" ? set.enabled : set).toBe(value);
        else expect(set).toMatchObject({ percent: value.percent });
      },
    ),
  );
});
