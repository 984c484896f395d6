import { expect, it } from "vitest";
import { pickCookies } from "../../../src/identity/cookies/pick-cookies.ts";

const NAMES = new Set(["PHPSESSID", "remember"]);

it("picks the named cookies byte for byte, in order, with their duplicates, and no others", () => {
  const fields = ['a=1; PHPSESSID=x%20y ;remember="q"', "PHPSESSID = z; phpsessid=no; tracker=PHPSESSID=1"];
  expect(pickCookies(fields, NAMES)).toBe('PHPSESSID=x%20y; remember="q"; PHPSESSID = z');
});

it("finds none where there is none", () => {
  for (const fields of [[], [""], ["PHPSESSID"], ["=PHPSESSID"], ["a=PHPSESSID=1"], ["XPHPSESSID=1"]]) {
    expect(pickCookies(fields, NAMES)).toBeUndefined();
  }
});
