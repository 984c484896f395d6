import { describe, expect, it } from "vitest";
import { tagWithSide, translateValidator } from "../../src/pipeline/validators.ts";

describe("entity tags on a route that a flag splits", () => {
  it("come back to the side that gave them, as it gave them", () => {
    for (const tag of ['"abc"', 'W/"abc"', '""', '"a~b"']) {
      expect(translateValidator("if-none-match", tagWithSide(tag, "legacy"), "legacy")).toBe(tag);
      expect(translateValidator("if-match", tagWithSide(tag, "modern"), "modern")).toBe(tag);
      expect(translateValidator("if-range", tagWithSide(tag, "modern"), "modern")).toBe(tag);
    }
  });

  it("of the other side do not make it answer 304", () => {
    expect(translateValidator("if-none-match", '"abc~legacy"', "modern")).toBeUndefined();
    expect(translateValidator("if-none-match", '"abc~legacy", W/"def~modern"', "modern")).toBe('W/"def"');
  });

  it("of the other side make a precondition fail instead of vanish", () => {
    expect(translateValidator("if-match", '"abc~legacy"', "modern")).toBe('"~other-side"');
    expect(translateValidator("if-range", '"abc~legacy"', "modern")).toBe('"~other-side"');
  });

  it("without a side are kept where a write depends on them, and dropped where only a saving does", () => {
    expect(translateValidator("if-match", '"7"', "modern")).toBe('"7"');
    expect(translateValidator("if-none-match", '"7"', "modern")).toBeUndefined();
    expect(translateValidator("if-none-match", "*", "modern")).toBe("*");
  });

  it("dates name no side: If-Modified-Since is not sent on, a write's If-Unmodified-Since is", () => {
    const date = "Sat, 21 Nov 2026 06:00:00 GMT";
    expect(translateValidator("if-modified-since", date, "legacy")).toBeUndefined();
    expect(translateValidator("if-unmodified-since", date, "legacy")).toBe(date);
    expect(translateValidator("if-range", date, "legacy")).toBe('"~other-side"');
  });

  it("a field that is no entity tag is left alone", () => {
    expect(tagWithSide("abc", "modern")).toBe("abc");
  });
});
