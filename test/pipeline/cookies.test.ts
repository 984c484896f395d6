import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readCookie, setCookieName, withoutCookies } from "../../src/pipeline/cookies.ts";

const names = new Set(["connect.sid", "figway.bucket"]);

describe("taking the session cookie out of a Cookie field", () => {
  it("leaves every other octet as it came", () => {
    expect(withoutCookies("a=1; connect.sid=s%3Ax.y; b=2", names)).toBe("a=1; b=2");
    expect(withoutCookies("a=1;  b=2 ;c", names)).toBe("a=1;  b=2 ;c");
  });

  it("leaves nothing where there was nothing else", () => {
    expect(withoutCookies("connect.sid=x", names)).toBeUndefined();
    expect(withoutCookies("connect.sid=x; figway.bucket=y;", names)).toBe(undefined);
  });

  it.each(["connect.sid=x", " Connect.SID =x", "connect.sid", '\tconnect.sid="x"'])("takes %j out as well", (pair) => {
    expect(withoutCookies(`a=1;${pair};b=2`, names)).toBe("a=1;b=2");
  });

  it("never leaves a pair by that name, whatever stands around it", () => {
    const piece = fc.constantFrom(
      "connect.sid=x",
      "CONNECT.SID=y",
      "a=1",
      "",
      " ",
      "connect.sid",
      "b=connect.sid",
      "=",
      ";",
      "; ",
    );
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const left = withoutCookies(pieces.join(";"), names) ?? "";
        const leftNames = left.split(";").map((pair) => pair.split("=")[0]?.trim().toLowerCase());
        expect(leftNames).not.toContain("connect.sid");
      }),
    );
  });

  it("leaves the other pairs, in order and as they came, but for blanks around them all", () => {
    const piece = fc.constantFrom("connect.sid=x", " figway.bucket = y", "a=1", "b", "", " ", "c= 2 ");
    fc.assert(
      fc.property(fc.array(piece), (pieces) => {
        const field = pieces.join(";");
        const isKept = (pair: string) => !/^\s*(?:connect\.sid|figway\.bucket)\s*(?:=|$)/.test(pair);
        const kept = field.split(";").filter(isKept);
        const whole = kept.length === field.split(";").length;
        expect(withoutCookies(field, names) ?? "").toBe(whole ? field : kept.join(";").trim());
      }),
    );
  });
});

it("reads a cookie of figway's own from several fields, the first one wins", () => {
  expect(readCookie(["a=1", "figway.bucket=one; figway.bucket=two"], "figway.bucket")).toBe("one");
  expect(readCookie(["a=1"], "figway.bucket")).toBeUndefined();
});

it("reads the name that a Set-Cookie sets as a browser does", () => {
  expect(setCookieName("connect.sid=abc; Path=/")).toBe("connect.sid");
  expect(setCookieName("  Connect.Sid = abc")).toBe("connect.sid");
  expect(setCookieName("novalue; Path=/a=b")).toBe("novalue");
});
