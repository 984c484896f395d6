import { once } from "node:events";
import http from "node:http";
import net from "node:net";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import { ResponseParser } from "../../../src/transport/http1/response-parser.ts";

interface Reading {
  readonly events: unknown[];
  readonly wrong: string | undefined;
}

/** Feeds the pieces one after another, as reads would bring them; bodies are joined, since their cuts mean nothing. */
function read(pieces: readonly Buffer[], method = "GET", eof = true): Reading {
  const events: unknown[] = [];
  let body = "";
  const parser = new ResponseParser();
  parser.begin(method, {
    onInformation: (head) => events.push(["information", head.status, head.headers]),
    onHead: (head, facts) => events.push(["head", head.status, head.statusText, head.headers, facts]),
    onBody: (bytes, start, end) => {
      body += bytes.toString("latin1", start, end);
    },
    onEnd: (trailers) => events.push(["end", body, trailers]),
  });
  for (const piece of pieces) {
    const wrong = parser.execute(piece, piece.length);
    if (wrong !== undefined) return { events, wrong };
  }
  return { events, wrong: eof ? parser.finish() : undefined };
}

function readText(text: string, method = "GET"): Reading {
  return read([Buffer.from(text, "latin1")], method);
}

const OK = "HTTP/1.1 200 OK\r\n";

it("reads a head, a body by its length, and the end", () => {
  const { events, wrong } = readText(`${OK}Content-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello`);
  expect(wrong).toBeUndefined();
  expect(events).toEqual([
    [
      "head",
      200,
      "OK",
      ["Content-Type", "text/plain", "Content-Length", "5"],
      expect.objectContaining({ reusable: true }),
    ],
    ["end", "hello", []],
  ]);
});

it("reads a chunked body, drops extensions and keeps trailers", () => {
  const { events } = readText(
    `${OK}Transfer-Encoding: Chunked\r\n\r\n5;a="b"\r\nhello\r\n0006 ;x\r\n world\r\n0\r\nX-Sum: 1\r\nX-Sum: 2\r\n\r\n`,
  );
  expect(events.at(-1)).toEqual(["end", "hello world", ["X-Sum", "1", "X-Sum", "2"]]);
});

it("reads interim answers before the final one", () => {
  const { events } = readText(
    `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n${OK}Content-Length: 0\r\n\r\n`,
  );
  expect(events.map((event) => (event as unknown[]).slice(0, 2))).toEqual([
    ["information", 103],
    ["information", 100],
    ["head", 200],
    ["end", ""],
  ]);
});

it("takes no body after HEAD, 204 and 304, whatever is announced", () => {
  expect(readText(`${OK}Content-Length: 5\r\n\r\n`, "HEAD").events.at(-1)).toEqual(["end", "", []]);
  expect(readText(`${OK}Transfer-Encoding: chunked\r\n\r\n`, "HEAD").events.at(-1)).toEqual(["end", "", []]);
  expect(readText("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n").events.at(-1)).toEqual(["end", "", []]);
  expect(readText("HTTP/1.1 204 No Content\r\n\r\n").events.at(-1)).toEqual(["end", "", []]);
});

it("reads until the connection closes where there is no other framing, and then does not reuse it", () => {
  const { events, wrong } = readText(`${OK}\r\nall of it`);
  expect(wrong).toBeUndefined();
  expect(events.at(-1)).toEqual(["end", "all of it", []]);
  expect(events[0]).toEqual(["head", 200, "OK", [], expect.objectContaining({ reusable: false })]);
});

it("keeps octets above 0x7f in values and reason phrases", () => {
  const { events } = readText("HTTP/1.1 200 Tr\xe8s bien\r\nX-Name: caf\xc3\xa9 \xff\r\nContent-Length: 0\r\n\r\n");
  expect(events[0]).toEqual([
    "head",
    200,
    "Tr\xe8s bien",
    ["X-Name", "caf\xc3\xa9 \xff", "Content-Length", "0"],
    expect.anything(),
  ]);
});

it("says that octets beyond the answer are surplus, after giving the answer", () => {
  const { events, wrong } = readText(`${OK}Content-Length: 2\r\n\r\nokHTTP/1.1 200 OK\r\n`);
  expect(wrong).toBe("surplus");
  expect(events.at(-1)).toEqual(["end", "ok", []]);
});

it("takes a connection for reusable only where HTTP/1.1 and nothing else says otherwise", () => {
  const reusable = (text: string): unknown => (readText(text).events[0] as unknown[])[4];
  expect(reusable(`${OK}Content-Length: 0\r\n\r\n`)).toMatchObject({ reusable: true });
  expect(reusable(`${OK}Connection: foo, Close\r\nContent-Length: 0\r\n\r\n`)).toMatchObject({ reusable: false });
  expect(reusable("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n")).toMatchObject({
    reusable: false,
  });
  expect(reusable("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")).toMatchObject({ reusable: false });
  expect(reusable(`${OK}Keep-Alive: max=5, timeout=7\r\nContent-Length: 0\r\n\r\n`)).toMatchObject({
    keepAliveSeconds: 7,
  });
});

const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

it.each([
  [
    "Content-Length and Transfer-Encoding together",
    `${OK}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
  ],
  ["two different lengths", `${OK}Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello!`],
  ["two equal lengths", `${OK}Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello`],
  ["a list of lengths", `${OK}Content-Length: 5, 5\r\n\r\nhello`],
  ["a signed length", `${OK}Content-Length: +5\r\n\r\nhello`],
  ["a negative length", `${OK}Content-Length: -5\r\n\r\nhello`],
  ["a hexadecimal length", `${OK}Content-Length: 0x5\r\n\r\nhello`],
  ["an empty length", `${OK}Content-Length: \r\n\r\n`],
  ["a length beyond what can be counted", `${OK}Content-Length: 9007199254740993\r\n\r\n`],
  ["an unknown transfer coding", `${OK}Transfer-Encoding: gzip\r\n\r\n`],
  ["a coding before chunked", `${OK}Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n`],
  ["chunked twice", `${OK}Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`],
  ["chunked with a control character", `${OK}Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n`],
  ["a coding in an HTTP/1.0 answer", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"],
  ["a folded line", `${OK}X-A: b\r\n c\r\nContent-Length: 0\r\n\r\n`],
  ["a bare CR in a value", `${OK}X-A: b\rX-B: c\r\nContent-Length: 0\r\n\r\n`],
  ["a bare LF at a line's end", `${OK}X-A: b\nContent-Length: 0\r\n\r\n`],
  ["an answer in bare LF", "HTTP/1.1 200 OK\nContent-Length: 0\n\n"],
  ["NUL in a value", `${OK}X-A: b\0c\r\nContent-Length: 0\r\n\r\n`],
  ["space before the colon", `${OK}Content-Length : 0\r\n\r\n`],
  ["an empty name", `${OK}: x\r\nContent-Length: 0\r\n\r\n`],
  ["a line without a colon", `${OK}nonsense\r\nContent-Length: 0\r\n\r\n`],
  ["a name that is no token", `${OK}X(A): b\r\n\r\n`],
  ["a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 0\r\n\r\n"],
  ["a status of four digits", "HTTP/1.1 2000 OK\r\nContent-Length: 0\r\n\r\n"],
  ["a status beyond 599", "HTTP/1.1 600 What\r\nContent-Length: 0\r\n\r\n"],
  ["a status below 100", "HTTP/1.1 099 What\r\nContent-Length: 0\r\n\r\n"],
  ["a status in letters", "HTTP/1.1 abc OK\r\nContent-Length: 0\r\n\r\n"],
  ["another version", "HTTP/1.2 200 OK\r\nContent-Length: 0\r\n\r\n"],
  ["version 2.0", "HTTP/2.0 200 OK\r\nContent-Length: 0\r\n\r\n"],
  ["a version in lower case", "http/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"],
  ["an HTTP/0.9 answer", "<html>hello</html>"],
  ["a banner", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
  ["a switch of protocols", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"],
  ["a chunk size with 0x", `${CHUNKED}0x5\r\nhello\r\n0\r\n\r\n`],
  ["a chunk size with a sign", `${CHUNKED}+5\r\nhello\r\n0\r\n\r\n`],
  ["a chunk size with a space before it", `${CHUNKED} 5\r\nhello\r\n0\r\n\r\n`],
  ["an empty chunk size", `${CHUNKED}\r\nhello\r\n0\r\n\r\n`],
  ["a chunk size that overflows", `${CHUNKED}ffffffffffffffff1\r\nhello`],
  ["a chunk without CRLF after it", `${CHUNKED}5\r\nhelloX\r\n0\r\n\r\n`],
  ["a chunk size line in bare LF", `${CHUNKED}5\nhello\r\n0\r\n\r\n`],
  ["a CR within an extension", `${CHUNKED}5;a\rb\r\nhello\r\n0\r\n\r\n`],
  ["a trailer in bare LF", `${CHUNKED}0\r\nX: y\n\r\n`],
  ["a folded trailer", `${CHUNKED}0\r\nX: y\r\n z\r\n\r\n`],
  ["more fields than anyone needs", `${OK}${"X: y\r\n".repeat(1_001)}\r\n`],
  ["a head beyond the limit", `${OK}X: ${"y".repeat(70_000)}\r\n\r\n`],
  ["a chunk extension without end", `${CHUNKED}5;${"a".repeat(5_000)}`],
  ["extensions beyond the limit in all", CHUNKED + `1;${"a".repeat(4_000)}\r\nx\r\n`.repeat(20)],
  ["a body that is cut", `${OK}Content-Length: 5\r\n\r\nhell`],
  ["a chunked body that is cut", `${CHUNKED}5\r\nhello\r\n`],
  ["a head that is cut", `${OK}Content-Len`],
  ["nothing at all", ""],
])("refuses %s", (_title, text) => {
  const { events, wrong } = readText(text);
  expect(wrong).toEqual(expect.any(String));
  expect(wrong).not.toBe("surplus");
  expect(events.some((event) => (event as unknown[])[0] === "end")).toBe(false);
});

it("refuses a banner and a bare-LF answer at once, without waiting for more", () => {
  expect(read([Buffer.from("SSH-")], "GET", false).wrong).toEqual(expect.any(String));
  expect(read([Buffer.from("HTTP/1.1 200 OK\nX")], "GET", false).wrong).toEqual(expect.any(String));
});

/** A valid answer, as bytes. */
const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}$/);
const value = fc.stringMatching(/^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]{0,30}[\x21-\x7e\x80-\xff])?)?$/);
const framingNames = new Set(["content-length", "transfer-encoding", "connection", "keep-alive", "trailer", "upgrade"]);
const field = fc.tuple(token, value).filter(([name]) => !framingNames.has(name.toLowerCase()));
const octets = fc.uint8Array({ minLength: 1, maxLength: 40 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
const validAnswer = fc
  .record({
    status: fc.constantFrom(200, 201, 206, 301, 404, 500, 599),
    fields: fc.array(field, { maxLength: 8 }),
    body: fc.array(octets, { maxLength: 5 }),
    trailers: fc.array(field, { maxLength: 2 }),
    framing: fc.constantFrom("length", "chunked", "close"),
    extension: fc.constantFrom("", ";a", ';a="b c"'),
  })
  .map(({ status, fields, body, trailers, framing, extension }) => {
    const lines = (list: [string, string][]) => list.map(([name, text]) => `${name}: ${text}\r\n`).join("");
    const head = `HTTP/1.1 ${status} Reason\r\n${lines(fields)}`;
    if (framing === "close") return `${head}\r\n${body.join("")}`;
    if (framing === "length") return `${head}Content-Length: ${body.join("").length}\r\n\r\n${body.join("")}`;
    const chunks = body.map((chunk) => `${chunk.length.toString(16)}${extension}\r\n${chunk}\r\n`).join("");
    return `${head}Transfer-Encoding: chunked\r\n\r\n${chunks}0\r\n${lines(trailers)}\r\n`;
  });

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const sorted = [...new Set(places.map((place) => place % (bytes.length + 1)))].sort((a, b) => a - b);
  return [0, ...sorted].map((from, i) => bytes.subarray(from, sorted[i] ?? bytes.length));
}

it("reads the same from an answer however its bytes are split", () => {
  fc.assert(
    fc.property(validAnswer, fc.array(fc.nat(), { maxLength: 12 }), (text, places) => {
      const bytes = Buffer.from(text, "latin1");
      const whole = read([bytes]);
      expect(whole.wrong).toBeUndefined();
      expect(read(cut(bytes, places))).toEqual(whole);
      expect(read([...bytes].map((octet) => Buffer.of(octet)))).toEqual(whole);
    }),
    { numRuns: 150 },
  );
});

it("comes to the same verdict on damaged answers however their bytes are split", () => {
  const damage = fc.record({ at: fc.nat(), what: fc.constantFrom("\r", "\n", "\0", " ", ":", ";", "x", "\r\n", "") });
  fc.assert(
    fc.property(validAnswer, damage, fc.array(fc.nat(), { maxLength: 8 }), (text, { at, what }, places) => {
      const place = at % text.length;
      const bytes = Buffer.from(text.slice(0, place) + what + text.slice(place + 1), "latin1");
      const outcome = (reading: Reading) => [
        reading.wrong === undefined || reading.wrong === "surplus",
        reading.events.at(-1),
      ];
      const whole = read([bytes]);
      const split = read(cut(bytes, places));
      expect(split.wrong === undefined || split.wrong === "surplus").toBe(
        whole.wrong === undefined || whole.wrong === "surplus",
      );
      if (whole.wrong === undefined) expect(outcome(split)).toEqual(outcome(whole));
    }),
    { numRuns: 400 },
  );
});

it("understands valid answers exactly as Node's own client does", async () => {
  let answer = "";
  const server = net.createServer((socket) => {
    socket.on("error", () => undefined);
    socket.once("data", () => socket.end(answer, "latin1"));
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as net.AddressInfo;
  try {
    await fc.assert(
      fc.asyncProperty(validAnswer, async (text) => {
        answer = text;
        const theirs = await askWithNode(port);
        const [head, end] = readText(text).events as unknown[][];
        expect([head?.[1], head?.[3], end?.[1], end?.[2]]).toEqual(theirs);
      }),
      { numRuns: 80 },
    );
  } finally {
    server.close();
  }
});

async function askWithNode(port: number): Promise<unknown[]> {
  const request = http.get({ port, host: "127.0.0.1", agent: false });
  const [response] = (await once(request, "response")) as [http.IncomingMessage];
  response.setEncoding("latin1");
  let body = "";
  for await (const part of response) body += part as string;
  return [response.statusCode, response.rawHeaders, body, response.rawTrailers];
}
