import { expect, it } from "vitest";
import type { Socket } from "node:net";
import { BodyReader } from "../../../../src/transport/inbound/http1/body-reader.ts";
import { Http1Request } from "../../../../src/transport/inbound/http1/http1-request.ts";
import { readRequestFacts } from "../../../../src/transport/request-facts.ts";

/** Reads a chunked body that comes in one piece, and tells in how many parts it was handed over. */
async function readChunked(
  text: string,
): Promise<{ read: number | string; parts: string[]; trailers: readonly string[] }> {
  const headers = ["Host", "a", "Transfer-Encoding", "chunked"];
  const facts = readRequestFacts(headers, 1);
  const reading = { socket: {} as Socket, holdReading: () => undefined, readOn: () => undefined };
  const request = new Http1Request(reading, { method: "POST", target: "/", minor: 1 }, headers, facts);
  const parts: string[] = [];
  request.readBody({ onData: (bytes) => parts.push(bytes.toString("latin1")), onEnd: () => undefined });
  await new Promise((resolve) => process.nextTick(resolve));
  const octets = Buffer.from(`before${text}behind`, "latin1");
  const read = new BodyReader(request, facts.framing, 32_768).take(octets, 6, octets.length - 6);
  return { read, parts, trailers: request.rawTrailers };
}

it("hands the small chunks of one read over as one part", async () => {
  const octets = Array.from({ length: 5_000 }, (_, i) => String.fromCharCode(32 + (i % 90))).join("");
  const chunks = octets.replaceAll(/./g, "1;x\r\n$&\r\n");
  const { read, parts } = await readChunked(`${chunks}0\r\n\r\n`);
  expect(parts).toEqual([octets]);
  expect(read).toBe(6 + chunks.length + 5);
});

it("leaves large chunks where they are, and keeps the order", async () => {
  const large = "L".repeat(10_000);
  const chunks = `3\r\nabc\r\n2\r\nde\r\n2710\r\n${large}\r\n1\r\nf\r\n2710\r\n${large}\r\n`;
  const { parts } = await readChunked(`${chunks}0\r\n\r\n`);
  expect(parts).toEqual(["abcde", `${large}f`, large]);
});

it("hands over what came before a chunk that is not whole", async () => {
  const { parts } = await readChunked("3\r\nabc\r\n9\r\nde");
  expect(parts).toEqual(["abcde"]);
});

it.each(["Content-Length: 5", "transfer-encoding: chunked"])(
  "refuses a trailer that names the framing: %s",
  async (line) => {
    expect(await readChunked(`0\r\nX: y\r\n${line}\r\n\r\n`)).toMatchObject({ read: "bad-request", trailers: [] });
    expect(await readChunked("0\r\nX: y\r\n\r\n")).toMatchObject({ trailers: ["X", "y"] });
  },
);
