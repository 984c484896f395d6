import { afterAll, beforeAll, expect, it } from "vitest";
import {
  DATA,
  END_HEADERS,
  END_STREAM,
  type FrameClient,
  frame,
  HEADERS,
  requestFields,
  RST_STREAM,
  setting,
  u32,
  WINDOW_UPDATE,
} from "../doubles/http2-frames.ts";
import { until } from "../doubles/until.ts";
import {
  bodyOf,
  data,
  endOf,
  head,
  type HostileGateway,
  OK,
  startHostileGateway,
  statusesOf,
} from "./http2-hostile/hostile-gateway.ts";

/** What becomes of answers that HTTP/2 cannot say, or that break off. */
let figway: HostileGateway;
const IDLE_MS = 400;
/** INTERNAL_ERROR: the answer is not whole. */
const BROKEN = "reset 2";
const INITIAL_WINDOW_SIZE = 4;

beforeAll(async () => {
  figway = await startHostileGateway({ timeouts: { lingerMs: 200 } }, { idleTimeoutMs: IDLE_MS });
});
afterAll(() => figway.stop());

async function ask(method = "GET"): Promise<FrameClient> {
  const client = await figway.connect();
  client.send(head(1, requestFields(method, "/x")));
  return client;
}

async function answered(method = "GET"): Promise<{ client: FrameClient; end: string | undefined }> {
  const client = await ask(method);
  await until("the stream ends", () => endOf(client, 1) !== undefined);
  await figway.isWell();
  return { client, end: endOf(client, 1) };
}

const answer = (fields: string, body = ""): string => `HTTP/1.1 200 OK\r\n${fields}\r\n${body}`;
const LENGTH = "Content-Length: 10\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";

it.each<[string, string, (connection: { end(): void; reset(): void }) => void]>([
  ["an announced length, by a close", answer(LENGTH, "half"), (connection) => connection.end()],
  ["an announced length, by a reset", answer(LENGTH, "half"), (connection) => connection.reset()],
  ["an announced length, by silence", answer(LENGTH, "half"), () => undefined],
  ["chunks, by a close", answer(CHUNKED, "4\r\nhalf\r\n"), (connection) => connection.end()],
  ["chunks, by silence", answer(CHUNKED, "4\r\nhalf\r\n"), () => undefined],
  ["no length, by a reset", answer("", "half"), (connection) => connection.reset()],
])("an answer with %s that breaks off is a reset and never a whole one", async (_name, octets, breakOff) => {
  let answering: { end(): void; reset(): void } | undefined;
  figway.origin.behave((_request, connection) => {
    connection.write(octets);
    answering = connection;
  });
  const client = await ask();
  // The first half is on its way before the rest is missing.
  await until("the first half has come", () => bodyOf(client, 1) === "half");
  if (answering !== undefined) breakOff(answering);
  await until("the stream ends", () => endOf(client, 1) !== undefined);
  expect(endOf(client, 1)).toBe(BROKEN);
  expect(
    client.received.filter(({ stream, flags, type }) => stream === 1 && type === DATA && flags === END_STREAM),
  ).toEqual([]);
});

it("what is malformed before any of it went out is a 502", async () => {
  for (const octets of [answer(CHUNKED, "4\r\nhalf\r\nzz\r\n"), answer(":status: 200\r\n"), "HTTP/1.1 101 X\r\n\r\n"]) {
    figway.origin.behave(octets);
    expect((await answered()).end).toBe("502");
  }
});

it("fields that HTTP/2 does not have are left out, of heads, interim heads and trailers", async () => {
  const fields = [
    "HTTP2-Settings: AAAA",
    "Connection: x-a",
    "Keep-Alive: 5",
    "Upgrade: h2c",
    "TE: gzip",
    "Proxy-Connection: a",
  ];
  const lines = `${fields.join("\r\n")}\r\n`;
  figway.origin.behave(
    `HTTP/1.1 103 Early Hints\r\n${lines}\r\n${answer(lines + CHUNKED, `2\r\nok\r\n0\r\n${lines}\r\n`)}`,
  );
  const { client, end } = await answered();
  expect(end).toBe("200");
  expect(statusesOf(client.received, 1)).toEqual([103, 200]);
  expect(bodyOf(client, 1)).toBe("ok");
});

it("a trailer that HTTP/2 does not have takes none of the others with it", async () => {
  figway.origin.behave(answer(CHUNKED, "2\r\nok\r\n0\r\nHTTP2-Settings: a\r\nX-Sum: 42\r\n\r\n"));
  const { client, end } = await answered();
  expect(end).toBe("200");
  const last = client.received.filter(({ stream }) => stream === 1).at(-1);
  expect([last?.type, last?.flags]).toEqual([HEADERS, END_HEADERS | END_STREAM]);
});

it.each<[string, string, string]>([
  ["a 204 with a length", "GET", "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"],
  ["a 205 with a body", "GET", "HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello"],
  ["a 205 in chunks", "GET", `HTTP/1.1 205 Reset Content\r\n${CHUNKED}\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n`],
  ["a 304 with a length", "GET", "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"],
  ["a 304 in chunks", "GET", `HTTP/1.1 304 Not Modified\r\n${CHUNKED}\r\n`],
  ["an answer to HEAD", "HEAD", answer("Content-Length: 5\r\n")],
  ["a chunked answer to HEAD", "HEAD", answer(CHUNKED)],
])("%s ends with its head", async (_name, method, octets) => {
  figway.origin.behave(octets);
  const { client, end } = await answered(method);
  expect(end).toBe(/ (\d+) /.exec(octets)?.[1]);
  expect(client.received.filter(({ stream }) => stream === 1).map(({ type, flags }) => [type, flags])).toEqual([
    [HEADERS, END_HEADERS | END_STREAM],
  ]);
  expect(figway.origin.garbage).toEqual([]);
});

it("a 205 says nothing of a length that it does not have", async () => {
  const blockOf = async (octets: string): Promise<number> => {
    figway.origin.behave(octets);
    const { client } = await answered();
    return client.received.find(({ type, stream }) => type === HEADERS && stream === 1)?.payload.length ?? 0;
  };
  const without = await blockOf(`HTTP/1.1 205 Reset Content\r\n${CHUNKED}\r\n0\r\n\r\n`);
  expect(await blockOf("HTTP/1.1 205 Reset Content\r\nContent-Length: 5\r\n\r\nhello")).toBe(without);
});

it("a head as large as the upstream may send goes through, and its connection with it", async () => {
  // Each field costs nghttp2 more than it costs here: 62 KB of small ones are beyond its own limit.
  const fields = Array.from({ length: 900 }, (_, i) => `x-${i}: ${"v".repeat(60)}\r\n`).join("");
  figway.origin.behave(answer(`${fields}Content-Length: 2\r\n`, "ok"));
  const { client, end } = await answered();
  expect([end, bodyOf(client, 1)]).toEqual(["200", "ok"]);
  client.send(head(3, requestFields("TRACE", "/after")));
  await until("the connection goes on", () => endOf(client, 3) === "405");
});

it("a large answer comes whole through a window of any size", async () => {
  const body = Array.from({ length: 20_000 }, (_, i) => `${i},`).join("");
  figway.origin.behave(answer(`Content-Length: ${body.length}\r\n`, body));
  for (const [window, step] of [
    [777, 8_191],
    [0, 16_384],
  ] as const) {
    const client = await figway.connect();
    client.send(setting(INITIAL_WINDOW_SIZE, window), head(1, requestFields("GET", "/x")));
    const open = (bytes: number): void =>
      client.send(frame(WINDOW_UPDATE, 0, 1, u32(bytes)), frame(WINDOW_UPDATE, 0, 0, u32(bytes)));
    let seen = 0;
    client.socket.on("data", () => {
      const { length } = bodyOf(client, 1);
      if (length > seen) open(step);
      seen = length;
    });
    open(step);
    await until("the answer is whole", () => endOf(client, 1) !== undefined);
    expect(endOf(client, 1)).toBe("200");
    expect(bodyOf(client, 1) === body).toBe(true);
  }
});

it.each([0, 8])("a reset (code %i) reaches the upstream at once, before, within and behind the head", async (code) => {
  for (const [octets, body] of [
    ["", false],
    [answer(LENGTH, "half"), false],
    ["", true],
    [answer(CHUNKED, "4\r\nhalf\r\n"), true],
  ] as const) {
    figway.origin.behave((_request, connection) => connection.write(octets));
    const client = await figway.connect();
    client.send(head(1, requestFields(body ? "POST" : "GET", "/x"), body ? END_HEADERS : END_HEADERS | END_STREAM));
    await until("the origin has the request", () => figway.origin.requests.length === 1);
    if (octets !== "") await until("some of the answer has come", () => bodyOf(client, 1) === "half");
    client.send(frame(RST_STREAM, 0, 1, u32(code)));
    const [request] = figway.origin.requests;
    await until("the upstream's connection is closed", () => request?.connection.state() !== "open", IDLE_MS / 2);
    expect(request?.message().complete).toBe(!body);
  }
});

it("an answer that comes early leaves the upload running, if it is none that refuses", async () => {
  for (const [octets, complete] of [
    [OK, true],
    ["HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno", false],
  ] as const) {
    figway.origin.behave((_request, connection) => connection.write(octets));
    const client = await figway.connect();
    client.send(head(1, requestFields("POST", "/x"), END_HEADERS), data(1, "first ", 0));
    await until("the answer has come", () => endOf(client, 1) !== undefined);
    client.send(data(1, "last"));
    const [request] = figway.origin.requests;
    await until(
      "the upload is over",
      () => request?.message().complete === true || request?.connection.state() !== "open",
    );
    expect(request?.message()).toMatchObject({ complete, body: complete ? "first last" : "first " });
    await figway.isWell();
  }
});

it("interim answers come in order, and a flood of them is no answer", async () => {
  const hint = "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n";
  figway.origin.behave(`HTTP/1.1 100 Continue\r\n\r\n${hint}${OK}`);
  const { client } = await answered();
  expect(statusesOf(client.received, 1)).toEqual([100, 103, 200]);
  figway.origin.behave(hint.repeat(100) + OK);
  expect((await answered()).end).toBe("502");
});
