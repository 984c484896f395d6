import { afterAll, beforeAll, expect, it } from "vitest";
import {
  block,
  connectFrames,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  type FrameClient,
  frame,
  GOAWAY,
  HEADERS,
  PING,
  requestFields,
  RST_STREAM,
  SETTINGS,
} from "../doubles/http2-frames.ts";
import { type SecureGateway, startSecure } from "../doubles/start-secure.ts";
import { eventually } from "../doubles/start-shop.ts";

let secure: SecureGateway;
let reached = 0;
let aborted = 0;
let bodies: string[] = [];
let fieldNames: string[] = [];

beforeAll(async () => {
  secure = await startSecure({
    listen: {
      timeouts: { bodyIdleTimeoutMs: 1_000, headerTimeoutMs: 1_500, lingerMs: 200 },
      limits: { maxHeaderFields: 50 },
    },
    legacy(request, response) {
      reached++;
      fieldNames = request.rawHeaders.filter((_, i) => i % 2 === 0).map((name) => name.toLowerCase());
      request.on("close", () => (aborted += request.complete ? 0 : 1));
      let body = "";
      request.on("data", (bytes: Buffer) => (body += bytes.toString("latin1")));
      request.on("end", () => {
        bodies.push(`${request.method} ${request.url} ${body}`);
        if (request.url !== "/held") response.end("ok");
      });
      request.on("error", () => undefined);
    },
  });
});

afterAll(() => secure.stop());

const head = (stream: number, fields: string[], flags = END_HEADERS | END_STREAM): Buffer =>
  frame(HEADERS, flags, stream, block(fields));

const open = async (): Promise<FrameClient> => {
  reached = 0;
  aborted = 0;
  bodies = [];
  return await connectFrames(secure.port);
};

/** The first status of a stream in the dynamic-table-free answers of nghttp2: read from its HPACK index or literal. */
const isReset = ({ received }: FrameClient, stream: number): boolean =>
  received.some((found) => found.type === RST_STREAM && found.stream === stream);

const isAnswered = ({ received }: FrameClient, stream: number): boolean =>
  received.some((found) => found.type === HEADERS && found.stream === stream);

/** figway is as well as before: another connection is served. */
async function expectAlive(): Promise<void> {
  const client = await connectFrames(secure.port);
  client.send(head(1, requestFields("GET", "/alive")));
  await eventually(() => expect(isAnswered(client, 1)).toBe(true));
  client.socket.destroy();
}

it.each<[string, string[]]>([
  ["Transfer-Encoding", ["transfer-encoding", "chunked"]],
  ["Connection", ["connection", "x-secret"]],
  ["a name in upper case", ["X-Upper", "1"]],
  ["a pseudo-header field behind a regular one", ["a", "b", ":path", "/second"]],
  ["a second :path", [":path", "/second"]],
  ["an unknown pseudo-header field", [":protocol", "websocket"]],
  ["a Content-Length that is no number", ["content-length", "1x"]],
  ["a Content-Length although there is no body", ["content-length", "5"]],
])("a request with %s does not reach an upstream", async (_title, fields) => {
  const client = await open();
  client.send(head(1, requestFields("POST", "/bad", fields)), head(3, requestFields("GET", "/good")));
  await eventually(() => expect(isAnswered(client, 3) || client.socket.destroyed).toBe(true));
  expect(bodies.filter((line) => line.includes("bad") || line.includes("second"))).toEqual([]);
  client.socket.destroy();
});

it("a field whose value holds a line feed goes no further", async () => {
  const client = await open();
  client.send(head(1, requestFields("GET", "/split", ["x-split", "a\r\nx-second: c", "x-good", "d"])));
  await eventually(() => expect(isAnswered(client, 1) || isReset(client, 1)).toBe(true));
  // nghttp2 leaves such a field out.
  expect(fieldNames.filter((name) => name === "x-split" || name === "x-second")).toEqual([]);
  client.socket.destroy();
});

it.each([0, 8])("an upload that is reset (code %i) is never taken for a whole one", async (code) => {
  const client = await open();
  client.send(head(1, requestFields("POST", "/broken"), END_HEADERS), frame(DATA, 0, 1, Buffer.from("half")));
  await eventually(() => expect(reached).toBe(1));
  client.send(frame(RST_STREAM, 0, 1, Buffer.from([0, 0, 0, code])));
  await eventually(() => expect(aborted).toBe(1));
  expect(bodies).toEqual([]);
  client.socket.destroy();
});

it.each<[string, string, string]>([
  ["less", "10", "12345"],
  ["more", "3", "GET /smuggled HTTP/1.1\r\n\r\n"],
])("DATA of %s octets than Content-Length says is no request", async (_title, length, data) => {
  const client = await open();
  client.send(
    head(1, requestFields("POST", "/mismatch", ["content-length", length]), END_HEADERS),
    frame(DATA, END_STREAM, 1, Buffer.from(data)),
    head(3, requestFields("GET", "/good")),
  );
  // For less nghttp2 resets the stream, for more it ends the connection.
  await eventually(() => expect(isReset(client, 1) || client.socket.destroyed).toBe(true));
  await expectAlive();
  expect(bodies.filter((line) => line.includes("mismatch") || line.includes("smuggled"))).toEqual([]);
  client.socket.destroy();
});

it("hosts that contradict each other are refused", async () => {
  const client = await open();
  client.send(head(1, requestFields("GET", "/hosts", ["host", "other.test"])));
  await eventually(() => expect(isAnswered(client, 1)).toBe(true));
  expect(reached).toBe(0);
  client.socket.destroy();
});

it("rapid resets end the connection, not figway (CVE-2023-44487)", async () => {
  const client = await open();
  for (let stream = 1; stream < 4_000 && !client.socket.destroyed; stream += 2) {
    client.send(head(stream, requestFields("GET", "/held")), frame(RST_STREAM, 0, stream, Buffer.from([0, 0, 0, 8])));
    if (stream % 200 === 1) await new Promise((next) => setImmediate(next));
  }
  await client.closed;
  expect(client.received.some(({ type }) => type === GOAWAY)).toBe(true);
  expect(reached).toBeLessThan(500);
  await expectAlive();
});

it("a head without end ends the connection (CVE-2024-27983)", async () => {
  const client = await open();
  client.send(frame(HEADERS, 0, 1, block(requestFields("GET", "/flood"))));
  for (let i = 0; i < 2_000 && !client.socket.destroyed; i++) {
    client.send(frame(CONTINUATION, 0, 1, block([`x-${i}`, "v".repeat(1_000)])));
    if (i % 50 === 0) await new Promise((next) => setImmediate(next));
  }
  await client.closed;
  expect(reached).toBe(0);
  await expectAlive();
});

it("a connection that breaks off in the middle of a head hurts nobody", async () => {
  const client = await open();
  client.send(frame(HEADERS, 0, 1, block(requestFields("GET", "/half"))), frame(CONTINUATION, 0, 1, Buffer.alloc(10)));
  client.socket.destroy();
  await expectAlive();
});

it.each<[string, () => Buffer]>([
  ["SETTINGS", () => frame(SETTINGS, 0, 0)],
  ["PING", () => frame(PING, 0, 0, Buffer.alloc(8))],
])("a flood of %s from a client that reads nothing does not pile up", async (_title, make) => {
  const client = await open();
  client.socket.pause();
  const flood = Buffer.concat(Array.from({ length: 1_000 }, make));
  const before = process.memoryUsage().external + process.memoryUsage().heapUsed;
  for (let i = 0; i < 300 && !client.socket.destroyed; i++) {
    client.socket.write(flood);
    await new Promise((next) => setImmediate(next));
  }
  const grown = process.memoryUsage().external + process.memoryUsage().heapUsed - before;
  expect(grown).toBeLessThan(64 * 1024 * 1024);
  client.socket.destroy();
  await expectAlive();
});

it("too many header fields are answered with 431, far too many with a reset", async () => {
  const client = await open();
  const fields = (count: number): string[] => Array.from({ length: count }, (_, i) => [`x-${i}`, "v"]).flat();
  client.send(head(1, requestFields("GET", "/many", fields(60))));
  client.send(head(3, requestFields("GET", "/far-too-many", fields(400))));
  await eventually(() => expect(isAnswered(client, 1) && isReset(client, 3)).toBe(true));
  expect(reached).toBe(0);
  client.socket.destroy();
});

it("a body that does not come is given up", async () => {
  const client = await open();
  client.send(head(1, requestFields("POST", "/slow", ["content-length", "10"]), END_HEADERS));
  await eventually(() => expect(isReset(client, 1) || isAnswered(client, 1)).toBe(true), 5_000);
  expect(bodies).toEqual([]);
  client.socket.destroy();
});

it("a connection without requests is closed, whatever PINGs it sends", async () => {
  const client = await open();
  const pings = setInterval(() => client.send(frame(PING, 0, 0, Buffer.alloc(8))), 50);
  await client.closed;
  clearInterval(pings);
});
