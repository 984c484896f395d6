import { expect, it } from "vitest";
import { ChunkedDecoder, TRAILERS_TOO_LONG } from "../../../src/transport/http1/chunked-decoder.ts";

const ignore = { onBody: () => undefined };
const decode = (decoder: ChunkedDecoder, text: string): number | string =>
  decoder.decode(Buffer.from(text, "latin1"), 0, text.length, ignore);

it("takes no longer for each trailer line the more of them there are", () => {
  const decoder = new ChunkedDecoder(2_000_000);
  const startedAtMs = performance.now();
  // Copied anew at each line, as much would be copied as takes minutes.
  expect(decode(decoder, `0\r\n${"a:\r\n".repeat(262_144)}\r\n`)).toBe("there are too many fields");
  expect(performance.now() - startedAtMs).toBeLessThan(5_000);
});

it("bounds the trailer section as a whole, however it is split", () => {
  const decoder = new ChunkedDecoder(100);
  expect(decode(decoder, "0\r\n")).toBe(3);
  for (let i = 0; i < 10; i++) expect(decode(decoder, "a: 45678\r\n")).toBe(10);
  expect(decode(decoder, "b")).toBe(TRAILERS_TOO_LONG);
});

it.each(["1f4\r\n", "00000000000000000001F4\r\n", "1f4;x\r\n"])("reads the size %j in one piece and in two", (line) => {
  for (let cut = 0; cut < line.length; cut++) {
    let octets = 0;
    const sink = { onBody: (_bytes: Buffer, start: number, end: number) => void (octets += end - start) };
    const decoder = new ChunkedDecoder();
    const text = `${line}${"x".repeat(500)}\r\n0\r\n\r\n`;
    const bytes = Buffer.from(text);
    decoder.decode(bytes, 0, cut, sink);
    expect(decoder.decode(bytes, cut, bytes.length, sink)).toBe(bytes.length);
    expect(octets).toBe(500);
    expect(decoder.done).toBe(true);
  }
});

it.each(["20000000000000\r\n", "ffffffffffffffff\r\n", "-1\r\n", "\r\n", "5\rx\r\n", "0x5\r\n", "5 \r\n"])(
  "refuses the size %j",
  (line) => {
    expect(typeof decode(new ChunkedDecoder(), line)).toBe("string");
  },
);
