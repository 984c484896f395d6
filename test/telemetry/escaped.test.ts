import fc from "fast-check";
import { expect, it } from "vitest";
import { escaped } from "../../src/telemetry/escaped.ts";

it("escapes what JSON.stringify escapes, and nothing else", () => {
  const text = fc.oneof(
    fc.string(),
    // Halves of surrogate pairs, alone and in either order.
    fc.array(fc.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units)),
  );
  fc.assert(fc.property(text, (value) => `"${escaped(value)}"` === JSON.stringify(value)));
});

it("escapes each single UTF-16 code unit as JSON.stringify does", () => {
  const all = Array.from({ length: 0x10000 }, (_, unit) => String.fromCharCode(unit));
  expect(all.filter((text) => `"${escaped(text)}"` !== JSON.stringify(text))).toEqual([]);
});
