import * as fc from "fast-check";
import { expect, it } from "vitest";
import { isFieldValue, knownToken } from "../../../src/transport/http1/octets.ts";

const anyText = fc.oneof(
  fc.string({ unit: "binary", maxLength: 30 }),
  fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,90}$/),
  fc.string({ unit: fc.constantFrom("\r", "\n", "\0", " ", ":", "\u010a", "\u0141", "a", "é"), maxLength: 6 }),
);

it("knows a text exactly where it is a token, the first time and later", () => {
  fc.assert(
    fc.property(anyText, (text) => {
      const expected = /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(text) ? text : "";
      expect([knownToken(text), knownToken(text)]).toEqual([expected, expected]);
    }),
    { numRuns: 2_000 },
  );
});

it("lets no control octet but HTAB and no character beyond latin1 into a value", () => {
  for (let code = 0; code < 0x200; code++) {
    const isAllowed = code === 9 || (code >= 0x20 && code <= 0xff && code !== 0x7f);
    expect(isFieldValue(`a${String.fromCharCode(code)}b`)).toBe(isAllowed);
  }
});
