import { METHODS } from "node:http";
import fc from "fast-check";
import { expect, it } from "vitest";
import { HeadReader } from "../../../../src/transport/inbound/http1/head-reader.ts";
import { readMessage } from "../../../conformance/read-messages.ts";
import { cuts, hostileStream, pieces } from "./hostile-streams.ts";
import { type ReadRequest, type Reading, readWithFigway, readWithNode } from "./readers.ts";

/**
 * What llhttp refuses, by its own code, and figway takes: in none of it is there a second way to read the octets, and a third reader
 * must read them as figway does.
 */
const ONLY_FIGWAY_TAKES: Readonly<Record<string, (request: ReadRequest, octets: string) => boolean>> = {
  // Extension methods (RFC 9110 §16.1).
  HPE_INVALID_METHOD: ({ method }) => !METHODS.includes(method),
  // White space behind `chunked` is none of the value's (RFC 9110 §5.5).
  HPE_INVALID_TRANSFER_ENCODING: (_request, octets) => /: *chunked[ \t]+\r\n/i.test(octets),
  // Chunk extensions are dropped whatever they say, with the white space around them (RFC 9112 §7.1.1).
  HPE_INVALID_CHUNK_SIZE: (_request, octets) => /^[0-9a-f]+[ \t]+;/im.test(octets),
  HPE_STRICT: (_request, octets) => /^[0-9a-f]+[ \t]*;/im.test(octets),
  // `Proxy-Connection: close`, which no standard knows, ends a connection for llhttp.
  HPE_CLOSED_CONNECTION: (_request, octets) => /^Proxy-Connection:/im.test(octets),
};

const headOf = ({ method, target, minor, headers }: ReadRequest): unknown => ({ method, target, minor, headers });

/** The conformance suite's own reader: laxer than both, and a third opinion. */
function readWithSuite(text: string): ReadRequest[] {
  const requests: ReadRequest[] = [];
  for (let at = 0; at < text.length; ) {
    while (text.startsWith("\r\n", at)) at += 2;
    const read = readMessage(text, at, "request");
    if (read === undefined || typeof read === "string") break;
    const { startLine, fields, body, trailers, complete } = read.message;
    const [method = "", target = "", version = ""] = startLine.split(" ");
    const minor = Number(version.at(-1));
    requests.push({ method, target, minor, headers: fields.flat(), body, trailers: trailers.flat(), whole: complete });
    if (!complete) break;
    at = read.end;
  }
  return requests;
}

/** What may not be: that figway reads what another reads otherwise, or waits where another reads on. */
function expectSameReading(figway: Reading, node: Reading, octets: string): void {
  const whole = figway.requests.filter((request) => request.whole);
  expect(readWithSuite(octets).slice(0, whole.length)).toEqual(whole);
  for (const [at, request] of figway.requests.entries()) {
    const other = node.requests[at];
    if (other === undefined || (request.whole && !other.whole)) {
      const isKnown = ONLY_FIGWAY_TAKES[node.ended ?? ""]?.(request, octets);
      expect(isKnown, `request ${at} ends llhttp's reading: ${node.ended}`).toBe(true);
      return;
    }
    expect(headOf(other)).toEqual(headOf(request));
    if (request.whole) expect(other).toEqual(request);
    else if (other.whole) expect(figway.ended).toBeDefined();
  }
  if (node.requests.length > figway.requests.length) expect(figway.ended).toBeDefined();
}

it("reads the requests that llhttp reads, or fewer, and never others", async () => {
  let taken = 0;
  await fc.assert(
    fc.asyncProperty(hostileStream, cuts, cuts, async (octets, ours, theirs) => {
      const figway = await readWithFigway(pieces(octets, ours));
      taken += figway.requests.length;
      expectSameReading(figway, await readWithNode(pieces(octets, theirs)), octets.toString("latin1"));
    }),
    { numRuns: 6_000 },
  );
  // The streams are hostile, but not so much that all of this would be about refusals.
  expect(taken).toBeGreaterThan(2_500);
}, 20_000);

it("reads the same however the octets are split, and ends the same way", async () => {
  const kindOf = ({ ended }: Reading): string | undefined =>
    ended === undefined || ended === "closed" ? ended : "refused";
  await fc.assert(
    fc.asyncProperty(hostileStream, cuts, async (octets, at) => {
      const whole = await readWithFigway([Buffer.from(octets)]);
      const split = await readWithFigway(pieces(octets, at));
      // A request whose body breaks has been begun only where its head came first.
      const read = (reading: Reading): ReadRequest[] => reading.requests.filter((request) => request.whole);
      expect(read(split)).toEqual(read(whole));
      expect(kindOf(split)).toBe(kindOf(whole));
    }),
    { numRuns: 6_000 },
  );
}, 20_000);

it("judges the size of a head the same however it is split", () => {
  const line = fc.integer({ min: 1, max: 1_100 }).map((length) => `GET /${"a".repeat(length)} HTTP/1.1`);
  const fields = fc.array(
    fc.integer({ min: 0, max: 400 }).map((length) => `X: ${"b".repeat(length)}`),
    { maxLength: 3 },
  );
  fc.assert(
    fc.property(
      fc.oneof(fc.constant("GET / HTTP/1.1"), line),
      fields,
      cuts,
      fc.integer({ min: -8, max: 8 }),
      (first, more, at, off) => {
        const head = [first, ...more].join("\r\n");
        // Around the limit as often as anywhere.
        const limit = off === 8 ? 1_024 : Math.max(1, head.length + off);
        const octets = Buffer.from(`${head}\r\n\r\n`);
        const whole = new HeadReader(limit).read(octets, 0, octets.length);
        const reader = new HeadReader(limit);
        let split: ReturnType<HeadReader["read"]>;
        for (const piece of pieces(octets, at)) split ??= reader.read(piece, 0, piece.length);
        if (typeof whole === "string") expect(split).toBe(whole);
        else expect(split).toMatchObject({ line: whole?.line, headers: whole?.headers });
        expect(typeof whole === "string").toBe(head.length > limit);
      },
    ),
    { numRuns: 2_000 },
  );
});
