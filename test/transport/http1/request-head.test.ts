import * as fc from "fast-check";
import { expect, it } from "vitest";
import { parseFields } from "../../../src/transport/http1/parse-head.ts";
import { type RequestHeadParts, writeRequestHead } from "../../../src/transport/http1/request-head.ts";

const PARTS: RequestHeadParts = {
  method: "GET",
  target: "/a?b",
  headers: ["Host", "shop.example", "X-Name", "caf\xe9"],
  framing: { kind: "none", length: 0, trailer: undefined, expectsContinue: false },
  defaultHost: "127.0.0.1:4000",
};

it("writes the head with nothing added where nothing is needed", () => {
  expect(writeRequestHead(PARTS)).toBe("GET /a?b HTTP/1.1\r\nHost: shop.example\r\nX-Name: caf\xe9\r\n\r\n");
});

it("adds Host where the request brought none", () => {
  expect(writeRequestHead({ ...PARTS, headers: [] })).toBe("GET /a?b HTTP/1.1\r\nHost: 127.0.0.1:4000\r\n\r\n");
});

it("frames the body as it was received", () => {
  const framing = { kind: "chunked", length: 0, trailer: "X-Sum", expectsContinue: true } as const;
  expect(writeRequestHead({ ...PARTS, framing })).toContain(
    "Transfer-Encoding: chunked\r\nTrailer: X-Sum\r\nExpect: 100-continue\r\n\r\n",
  );
  expect(writeRequestHead({ ...PARTS, framing: { ...PARTS.framing, kind: "length" } })).toContain(
    "Content-Length: 0\r\n\r\n",
  );
});

it.each([
  ["a line break in a value", { headers: ["X", "a\r\nInjected: 1"] }],
  ["a bare LF in a value", { headers: ["X", "a\nb"] }],
  ["NUL in a value", { headers: ["X", "a\0b"] }],
  ["a character that latin1 would cut to a line feed", { headers: ["X", "a\u010ab"] }],
  ["a colon in a name", { headers: ["X:Y", "a"] }],
  ["a name whose character latin1 would cut to a letter", { headers: ["X\u0141", "a"] }],
  ["an empty name", { headers: ["", "a"] }],
  ["a space in the target", { target: "/a HTTP/1.1\r\nX: y" }],
  ["an empty target", { target: "" }],
  ["a space in the method", { method: "GET /" }],
])("refuses %s", (_title, parts) => {
  expect(writeRequestHead({ ...PARTS, ...parts })).toBeUndefined();
});

it.each([
  ["in another field", ["Host", "h", "X", "a\r\nb"], ["Y", "a\r\nb"]],
  ["under another name", ["X\r\nY", "a"], ["X", "a"]],
  ["before, and was not sent again", ["X", "a", "X", "a\nb"], ["X", "a", "X", "a"]],
])("refuses what was received %s", (_title, headers, received) => {
  expect(writeRequestHead({ ...PARTS, headers, received })).toBeUndefined();
});

it("writes the same whether it knows what was received or not", () => {
  const field = fc.tuple(fc.constantFrom("A", "B", "X-C"), fc.constantFrom("1", "2", "\xe9"));
  const list = fc.array(field, { maxLength: 6 }).map((fields) => fields.flat());
  fc.assert(
    fc.property(list, list, list, (first, received, last) => {
      const headers = [...first, ...received.slice(2), ...last];
      expect(writeRequestHead({ ...PARTS, headers, received })).toBe(writeRequestHead({ ...PARTS, headers }));
    }),
  );
});

/** Octets that could break a line, characters that latin1 would cut to such octets, and harmless ones. */
const text = fc.string({
  unit: fc.constantFrom("\r", "\n", "\r\n", "\0", ":", " ", "\t", "\u010a", "\u010d", "\u0141", "\x7f", "A", "b", "é"),
  maxLength: 8,
});

it("writes either exactly the fields that it was given, or nothing", () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(text, fc.constantFrom("Accept", "x-a", "1")), { maxLength: 6 }), (pieces) => {
      const headers = ["Host", "h", ...pieces.slice(0, pieces.length - (pieces.length % 2))];
      const head = writeRequestHead({ ...PARTS, headers });
      if (head === undefined) return;
      const written = Buffer.from(head, "latin1").toString("latin1");
      const start = "GET /a?b HTTP/1.1\r\n";
      const read: string[] = [];
      expect(written.startsWith(start) && written.endsWith("\r\n\r\n")).toBe(true);
      expect(parseFields(written.slice(start.length, -2), 0, read)).toBeUndefined();
      expect(read).toEqual(headers.map((piece, i) => (i % 2 === 0 ? piece : piece.replace(/^[ \t]+|[ \t]+$/g, ""))));
    }),
    { numRuns: 3_000 },
  );
});

it("takes a minted value as it is, and nothing else for it", () => {
  const parts = { ...PARTS, minted: "Bearer a.b.c" };
  expect(writeRequestHead({ ...parts, headers: ["Authorization", "Bearer a.b.c"] })).toContain("Bearer a.b.c\r\n");
  expect(writeRequestHead({ ...parts, headers: ["Authorization", "Bearer a.b.c\r\nX: y"] })).toBeUndefined();
});
