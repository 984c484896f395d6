import { expect, it } from "vitest";
import { compileJsonPointer } from "../../../src/identity/session/json-pointer.ts";

/** The document of RFC 6901 §5. */
const DOCUMENT = {
  foo: ["bar", "baz"],
  "": 0,
  "a/b": 1,
  "c%d": 2,
  "e^f": 3,
  "g|h": 4,
  "i\\j": 5,
  'k"l': 6,
  " ": 7,
  "m~n": 8,
};

it("reads every example of RFC 6901 §5", () => {
  const examples: Record<string, unknown> = {
    "": DOCUMENT,
    "/foo": ["bar", "baz"],
    "/foo/0": "bar",
    "/": 0,
    "/a~1b": 1,
    "/c%d": 2,
    "/e^f": 3,
    "/g|h": 4,
    "/i\\j": 5,
    '/k"l': 6,
    "/ ": 7,
    "/m~0n": 8,
  };
  for (const [pointer, value] of Object.entries(examples)) expect(compileJsonPointer(pointer)(DOCUMENT)).toEqual(value);
});

it("unescapes ~1 before ~0, so that ~01 is the name ~1", () => {
  expect(compileJsonPointer("/~01")({ "~1": "right", "/": "wrong" })).toBe("right");
});

it("finds nothing behind a place that is not there, is no object, or is only inherited", () => {
  for (const pointer of [
    "/x",
    "/x/y",
    "/foo/2",
    "/foo/-",
    "/foo/01",
    "/foo/length",
    "/constructor",
    "/__proto__",
    "/toString",
  ]) {
    expect(compileJsonPointer(pointer)(DOCUMENT)).toBeUndefined();
  }
  for (const document of [null, undefined, 1, "text", true]) expect(compileJsonPointer("/a")(document)).toBeUndefined();
});
