import { afterEach, expect, it } from "vitest";
import {
  block,
  CONTINUATION,
  DATA,
  END_HEADERS,
  END_STREAM,
  type FrameClient,
  frame,
  GOAWAY,
  HEADERS,
  PING,
  PRIORITY,
  PUSH_PROMISE,
  requestFields,
  RST_STREAM,
  SETTINGS,
  setting,
  u32,
  WINDOW_UPDATE,
} from "../doubles/http2-frames.ts";
import { until } from "../doubles/until.ts";
import {
  data,
  endOf,
  head,
  type HostileGateway,
  OK,
  startHostileGateway,
  statusesOf,
} from "./http2-hostile/hostile-gateway.ts";

/** What one connection can be made to cost. */
let figway: HostileGateway | undefined;

afterEach(async () => {
  await figway?.stop();
  figway = undefined;
});

const POST = requestFields("POST", "/x");
const GET = requestFields("GET", "/x");
const INITIAL_WINDOW_SIZE = 4;
const upload = (stream: number): Buffer => head(stream, POST, END_HEADERS);
const odd = (i: number): number => 2 * i + 1;
const goaways = ({ received }: FrameClient): [last: number, code: number][] =>
  received
    .filter(({ type }) => type === GOAWAY)
    .map(({ payload }) => [payload.readUInt32BE(0), payload.readUInt32BE(4)]);

it("bodies that do not come give their upstream connections back, however busy another stream of the connection is", async () => {
  // The refusals linger for longer than it takes to look again: each is given once.
  const timeouts = { bodyIdleTimeoutMs: 300, lingerMs: 1_000 };
  figway = await startHostileGateway({ timeouts });
  const { origin } = figway;
  origin.behave(OK);
  const client = await figway.connect();
  client.send(...Array.from({ length: 30 }, (_, i) => upload(odd(i))));
  await until("the origin has them all", () => origin.requests.length === 30);
  // Stream 1 sends as an upload does, stream 3 an octet at a time.
  const dribbling = setInterval(() => client.send(data(1, "x".repeat(300), 0), data(3, "x", 0)), 50);
  const isOpen = (request: (typeof origin.requests)[number]): boolean => request.connection.state() === "open";
  await until("the idle ones are given up", () => origin.requests.filter(isOpen).length <= 1);
  await until("they are told so", () => endOf(client, odd(29)) !== undefined);
  expect(Array.from({ length: 29 }, (_, i) => endOf(client, odd(i + 1)))).toEqual(Array(29).fill("408"));
  expect(origin.requests.filter((request) => request.message().complete)).toEqual([]);
  // Another one has come and gone meanwhile.
  client.send(upload(101));
  await until("another one is given up", () => endOf(client, 101) === "408");
  expect(endOf(client, 1)).toBeUndefined();
  clearInterval(dribbling);
  client.send(data(1, "end"));
  await until("the busy one is answered", () => endOf(client, 1) === "200");
  await figway.isWell();
});

it("a whole request has its time, too", async () => {
  figway = await startHostileGateway({ timeouts: { requestTimeoutMs: 300, bodyIdleTimeoutMs: 10_000 } });
  figway.origin.behave(OK);
  const client = await figway.connect();
  client.send(upload(1));
  const sending = setInterval(() => client.send(data(1, "x".repeat(300), 0)), 20);
  await until("the upload is over", () => endOf(client, 1) !== undefined);
  clearInterval(sending);
  expect(endOf(client, 1)).toBe("408");
  expect(figway.origin.requests[0]?.message().complete).toBe(false);
});

it("a client that waits for 100 is not late, and its body then comes", async () => {
  figway = await startHostileGateway({ timeouts: { bodyIdleTimeoutMs: 100 } });
  const { origin } = figway;
  let goOn: () => void = () => undefined;
  origin.behave(async (request, connection) => {
    if (request.field("expect") === undefined) return;
    await new Promise<void>((resolve) => (goOn = resolve));
    connection.write("HTTP/1.1 100 Continue\r\n\r\n");
    if (await request.whole()) connection.write(OK);
  });
  const client = await figway.connect();
  client.send(head(1, [...POST, "expect", "100-continue"], END_HEADERS), upload(3));
  await until("the other is given up", () => endOf(client, 3) === "408");
  goOn();
  await until("it may go on", () => statusesOf(client.received, 1)[0] === 100);
  client.send(data(1, "body"));
  await until("it is answered", () => endOf(client, 1) !== undefined);
  expect(endOf(client, 1)).toBe("200");
  expect(origin.requests.find((request) => request.field("expect") !== undefined)?.message().body).toBe("body");
});

it.each<[string, string[]]>([
  ["answers of figway's own", requestFields("TRACE", "/x")],
  ["refusals of malformed requests", [...GET, "http2-settings", "AAAA"]],
  ["answers from upstream", GET],
])("%s that a window of 0 holds back for ever hold no connection", async (_name, fields) => {
  const timeouts = { keepAliveTimeoutMs: 300, lingerMs: 200 };
  figway = await startHostileGateway({ timeouts }, { idleTimeoutMs: 300 });
  figway.origin.behave(OK);
  const client = await figway.connect();
  client.send(setting(INITIAL_WINDOW_SIZE, 0));
  client.send(...Array.from({ length: 100 }, (_, i) => head(odd(i), fields)));
  await client.closed;
  expect(client.received.filter(({ type }) => type === DATA)).toEqual([]);
  await figway.isWell();
});

it("a drain names the last request that is answered, answers it, and passes on none behind it", async () => {
  figway = await startHostileGateway();
  const { origin } = figway;
  let release: () => void = () => undefined;
  origin.behave(async (_request, connection) => {
    await new Promise<void>((resolve) => (release = resolve));
    connection.write(OK);
  });
  const client = await figway.connect();
  client.send(head(1, GET));
  await until("the first is under way", () => origin.requests.length === 1);
  // It comes before the GOAWAY can have gone out, and the drain begins before it is read.
  client.send(head(3, requestFields("POST", "/crossing")));
  const drained = figway.drain();
  await until("the client is told", () => goaways(client).length > 0);
  const [[last, code] = []] = goaways(client);
  client.send(head(5, requestFields("POST", "/late")));
  release();
  await until("the first is answered", () => endOf(client, 1) === "200");
  await drained;
  await client.closed;
  expect(code).toBe(0);
  // What is named was answered; what is not may be sent again, because nobody has seen it (RFC 9113 §6.8).
  const promised = [1, 3, 5].filter((stream) => stream <= (last ?? 0));
  expect(origin.requests).toHaveLength(promised.length);
  for (const stream of promised) expect(endOf(client, stream)).toBe("200");
  expect(origin.requests.map(({ target }) => target)).not.toContain("/late");
});

it("an answer that a drain cuts off has no end", async () => {
  figway = await startHostileGateway({ timeouts: { drainTimeoutMs: 100 } });
  figway.origin.behave((_request, connection) => connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"));
  const client = await figway.connect();
  client.send(head(1, GET));
  await until("half of it has come", () => client.received.some(({ type }) => type === DATA));
  await figway.drain();
  await client.closed;
  expect(client.received.filter(({ flags, type }) => type === DATA && (flags & END_STREAM) !== 0)).toEqual([]);
});

const SELF = Buffer.concat([u32(1), Buffer.from([16])]);
/** Frames that cost their sender less than they cost whoever reads them, each without end. */
const FLOODS: [string, Buffer[], (i: number) => Buffer][] = [
  ["PRIORITY", [], (i) => frame(PRIORITY, 0, odd(i), Buffer.concat([u32(0), Buffer.from([16])]))],
  ["PRIORITY on itself", [], () => frame(PRIORITY, 0, 1, SELF)],
  ["empty DATA", [upload(1)], () => frame(DATA, 0, 1)],
  ["DATA that is all padding", [upload(1)], () => frame(DATA, 8, 1, Buffer.from([0]))],
  ["empty CONTINUATION", [head(1, GET, 0)], () => frame(CONTINUATION, 0, 1)],
  ["unasked acknowledgements of SETTINGS", [], () => frame(SETTINGS, 1, 0)],
  ["unasked answers to PING", [], () => frame(PING, 1, 0, Buffer.alloc(8))],
  ["frames of no known type", [], () => frame(0xbb, 0, 0, Buffer.alloc(8))],
  ["pushed requests", [], () => frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([u32(2), block(GET)]))],
  ["windows of nothing", [upload(1)], () => frame(WINDOW_UPDATE, 0, 1, u32(0))],
  ["requests that are withdrawn", [], (i) => Buffer.concat([head(odd(i), GET), frame(RST_STREAM, 0, odd(i), u32(0))])],
  // CVE-2025-8671: it is the server that is made to reset.
  [
    "requests with a window of nothing",
    [],
    (i) => Buffer.concat([head(odd(i), GET), frame(WINDOW_UPDATE, 0, odd(i), u32(0))]),
  ],
  [
    "requests with a window too large",
    [],
    (i) => Buffer.concat([head(odd(i), GET), frame(WINDOW_UPDATE, 0, odd(i), u32(2 ** 31 - 1))]),
  ],
  ["requests with two heads", [], (i) => Buffer.concat([upload(odd(i)), head(odd(i), ["a", "b"], END_HEADERS)])],
  ["requests with malformed trailers", [], (i) => Buffer.concat([upload(odd(i)), head(odd(i), [":x", "b"])])],
  ["malformed requests", [], (i) => head(odd(i), [...GET, "connection", "x"])],
  ["requests beyond the most at once", [], (i) => upload(odd(i))],
];

it.each(FLOODS)("a flood of %s ends its connection, and few of them reach an upstream", async (_name, before, make) => {
  figway = await startHostileGateway();
  figway.origin.behave("");
  const client = await figway.connect();
  client.send(...before);
  for (let batch = 0; batch < 400 && !client.socket.destroyed; batch++) {
    client.send(...Array.from({ length: 100 }, (_, i) => make(100 * batch + i)));
    await new Promise((next) => setImmediate(next));
  }
  await client.closed;
  expect(figway.origin.requests.length).toBeLessThanOrEqual(150);
  expect(figway.origin.requests.filter((request) => request.message().complete && request.method === "POST")).toEqual(
    [],
  );
  await figway.isWell();
});

it("a block of a few octets that stands for megabytes is given up (HPACK bomb)", async () => {
  figway = await startHostileGateway();
  // One field into the dynamic table, then thousands of references to it (RFC 7541 §6.1, §6.2.1).
  const entry = block(["a", "v".repeat(3_900)]);
  entry.writeUInt8(0x40, 0);
  const bomb = Buffer.concat([block(GET), entry, Buffer.alloc(8_000, 0x80 | 62)]);
  const client = await figway.connect();
  const before = process.memoryUsage();
  for (let i = 0; i < 30; i++) client.send(frame(HEADERS, END_HEADERS | END_STREAM, odd(i), bomb));
  await until("all are given up", () =>
    Array.from({ length: 30 }, (_, i) => endOf(client, odd(i))).every((end) => end !== undefined),
  );
  const after = process.memoryUsage();
  expect(after.heapUsed + after.external - before.heapUsed - before.external).toBeLessThan(64 * 1024 * 1024);
  expect(figway.origin.requests).toEqual([]);
  await figway.isWell();
});
