import { once } from "node:events";
import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type IncomingHttpHeaders,
} from "node:http2";
import { request as httpsRequest } from "node:https";
import type { IncomingMessage, ServerResponse } from "node:http";
import { connect as connectTls } from "node:tls";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import { eventually } from "../doubles/start-shop.ts";
import { type SecureGateway, startSecure, TEST_CA } from "../doubles/start-secure.ts";

/** What legacy does, by path; what arrived is kept. */
const handlers: Record<string, (request: IncomingMessage, response: ServerResponse) => unknown> = {};
const arrived: IncomingMessage[] = [];
let secure: SecureGateway;
let session: ClientHttp2Session;

beforeAll(async () => {
  secure = await startSecure({
    tls: { hstsMaxAgeSeconds: 600 },
    legacy(request, response) {
      arrived.push(request);
      const handler = handlers[new URL(request.url ?? "", "http://legacy").pathname];
      if (handler === undefined) response.end(`legacy ${request.url}`);
      else void handler(request, response);
    },
  });
  session = connect(secure.gateway.publicUrl.replace("127.0.0.1", "localhost"), { ca: TEST_CA });
  await once(session, "connect");
});

afterEach(() => {
  arrived.length = 0;
});

afterAll(async () => {
  session.close();
  await secure.stop();
});

interface Answer {
  readonly headers: IncomingHttpHeaders;
  readonly trailers: IncomingHttpHeaders;
  readonly body: string;
}

async function answerOf(stream: ClientHttp2Stream): Promise<Answer> {
  let headers: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders = {};
  let body = "";
  stream.setEncoding("latin1");
  stream.on("response", (received) => {
    headers = received;
  });
  stream.on("trailers", (received) => {
    trailers = received;
  });
  stream.on("data", (text: string) => {
    body += text;
  });
  await once(stream, "close");
  expect(stream.rstCode).toBe(constants.NGHTTP2_NO_ERROR);
  return { headers, trailers, body };
}

const get = (path: string, more: Record<string, string | string[]> = {}) =>
  answerOf(session.request({ ":path": path, ...more }));

it("a request goes through the same pipeline, and upstream sees HTTP/1.1 with one Host and one Cookie field", async () => {
  const { headers, body } = await get("/a?b=c", { cookie: ["a=1", "b=2"], te: "trailers" });
  expect([headers[":status"], body]).toEqual([200, "legacy /a?b=c"]);
  const raw = arrived[0]?.rawHeaders.map((text, i) => (i % 2 === 0 ? text.toLowerCase() : text)) ?? [];
  const valuesOf = (name: string) => raw.filter((_, i) => i % 2 === 1 && raw[i - 1] === name);
  expect(valuesOf("cookie")).toEqual(["a=1; b=2"]);
  expect(valuesOf("host")).toHaveLength(1);
  expect(valuesOf("via").join()).toContain("2.0 figway");
  expect(valuesOf("x-forwarded-proto")).toEqual(["https"]);
  expect(raw.some((text) => text.startsWith(":"))).toBe(false);
  expect(raw).not.toContain("transfer-encoding");
});

it("a client that speaks HTTP/1.1 alone is served on the same port", async () => {
  const request = httpsRequest(`${secure.gateway.publicUrl}/old`, { ca: TEST_CA });
  request.end();
  const [response] = (await once(request, "response")) as [IncomingMessage];
  expect([response.statusCode, response.httpVersion]).toEqual([200, "1.1"]);
  expect(response.headers["strict-transport-security"]).toBe("max-age=600");
  response.resume();
});

it("browsers are told to stay with https, by answers and refusals, whatever the application says", async () => {
  handlers["/hsts"] = (_request, response) => response.setHeader("Strict-Transport-Security", "max-age=1").end();
  expect((await get("/hsts")).headers["strict-transport-security"]).toBe("max-age=600");
  expect((await get("/.figway/nothing")).headers).toMatchObject({
    ":status": 404,
    "strict-transport-security": "max-age=600",
  });
});

it("octets of field values pass unchanged both ways", async () => {
  handlers["/octets"] = (request, response) => {
    response.setHeader("x-back", request.headers["x-there"] as string).end();
  };
  expect((await get("/octets", { "x-there": "caf\u00e9" })).headers["x-back"]).toBe("caf\u00e9");
});

it("several cookies, interim answers and trailers come through", async () => {
  handlers["/all"] = (_request, response) => {
    response.writeEarlyHints({ link: "</a.css>; rel=preload; as=style" });
    response.writeHead(200, { "Set-Cookie": ["a=1", "b=2"], Trailer: "x-sum" });
    response.write("body");
    response.addTrailers({ "x-sum": "42" });
    response.end();
  };
  const stream = session.request({ ":path": "/all" });
  const interim: IncomingHttpHeaders[] = [];
  stream.on("headers", (headers) => interim.push(headers));
  const { headers, trailers, body } = await answerOf(stream);
  expect(interim).toMatchObject([{ ":status": 103, link: "</a.css>; rel=preload; as=style" }]);
  expect(headers["set-cookie"]).toEqual(["a=1", "b=2"]);
  expect([body, trailers["x-sum"]]).toEqual(["body", "42"]);
});

it("an answer to HEAD, and one without content, has no body", async () => {
  handlers["/none"] = (_request, response) => response.writeHead(204).end();
  const head = await answerOf(session.request({ ":path": "/x", ":method": "HEAD" }));
  expect([head.headers[":status"], head.body]).toEqual([200, ""]);
  expect((await get("/none")).headers[":status"]).toBe(204);
});

it("an upload of unknown length arrives chunked and whole, with its trailers", async () => {
  handlers["/upload"] = async (request, response) => {
    let size = 0;
    for await (const chunk of request) size += (chunk as Buffer).length;
    response.end(`${size} ${request.headers["transfer-encoding"]} ${request.trailers["x-check"]}`);
  };
  const stream = session.request({ ":path": "/upload", ":method": "POST" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "x-check": "ok" }));
  const parts = Array.from({ length: 40 }, (_, i) => Buffer.alloc(50_000, i));
  for (const part of parts) stream.write(part);
  stream.end();
  expect((await answerOf(stream)).body).toBe("2000000 chunked ok");
});

it("an upload of announced length keeps its Content-Length", async () => {
  handlers["/sized"] = async (request, response) => {
    let size = 0;
    for await (const chunk of request) size += (chunk as Buffer).length;
    response.end(`${size} of ${request.headers["content-length"]}`);
  };
  const stream = session.request({ ":path": "/sized", ":method": "PUT", "content-length": "100000" });
  stream.end(Buffer.alloc(100_000));
  expect((await answerOf(stream)).body).toBe("100000 of 100000");
});

it("Expect: 100-continue is answered when the upstream does", async () => {
  handlers["/continue"] = (request, response) => {
    request.resume();
    request.on("end", () => response.end("done"));
  };
  const stream = session.request({ ":path": "/continue", ":method": "POST", expect: "100-continue" });
  await once(stream, "continue");
  stream.end("body");
  expect((await answerOf(stream)).body).toBe("done");
});

it("events stream without delay, and many requests run at once on one connection", async () => {
  let release: () => void = () => undefined;
  handlers["/events"] = (_request, response) => {
    response.writeHead(200, { "Content-Type": "text/event-stream" });
    response.write("data: 1\n\n");
    release = () => response.end("data: 2\n\n");
  };
  const events = session.request({ ":path": "/events" });
  const [first] = (await once(events, "data")) as [Buffer];
  expect(first.toString()).toBe("data: 1\n\n");
  const others = await Promise.all(Array.from({ length: 50 }, (_, i) => get(`/n/${i}`)));
  expect(others.map(({ body }) => body)).toEqual(others.map((_, i) => `legacy /n/${i}`));
  release();
  expect((await answerOf(events)).body).toBe("data: 2\n\n");
});

it("a client that does not read holds the upstream back", async () => {
  let sent = 0;
  handlers["/endless"] = (_request, response) => {
    const part = Buffer.alloc(65_536);
    const write = (): void => {
      while (!response.destroyed && response.write(part)) sent += part.length;
      sent += part.length;
      response.once("drain", write);
    };
    write();
  };
  const slow = connect(secure.gateway.publicUrl, { ca: TEST_CA, settings: { initialWindowSize: 16_384 } });
  const stream = slow.request({ ":path": "/endless" });
  stream.pause();
  await once(stream, "response");
  let before = -1;
  await eventually(() => {
    const [was, is] = [before, sent];
    before = sent;
    expect(is).toBe(was);
  }, 5_000);
  expect(sent).toBeLessThan(16 * 1024 * 1024);
  slow.destroy();
  await eventually(() => expect(arrived[0]?.socket.destroyed).toBe(true));
});

it("a stream that the client resets frees its upstream", async () => {
  handlers["/held"] = () => undefined;
  const stream = session.request({ ":path": "/held" });
  await eventually(() => expect(arrived).toHaveLength(1));
  stream.close(constants.NGHTTP2_CANCEL);
  await eventually(() => expect(arrived[0]?.socket.destroyed).toBe(true));
});

it("an answer that breaks off upstream is a reset, never a whole answer", async () => {
  handlers["/cut"] = (_request, response) => {
    response.writeHead(200);
    response.write("half", () => response.destroy());
  };
  const stream = session.request({ ":path": "/cut" });
  stream.resume();
  await expect(once(stream, "close")).rejects.toThrow("NGHTTP2_INTERNAL_ERROR");
});

it("a method that figway refuses is refused, and the connection goes on", async () => {
  const refused = await answerOf(session.request({ ":path": "/x", ":method": "TRACE" }));
  expect(refused.headers).toMatchObject({ ":status": 405, "content-type": "application/problem+json" });
  expect((await get("/after")).headers[":status"]).toBe(200);
});

it("a body that is too large is refused, and the connection goes on", async () => {
  secure.sides.writeConfig((config) => {
    const routes = config["routes"] as Record<string, unknown>[];
    routes.push({ id: "small", path: "/small", to: "legacy", maxBodyBytes: 10 });
  });
  await eventually(async () => {
    const stream = session.request({ ":path": "/small", ":method": "POST" });
    stream.on("error", () => undefined);
    stream.end(Buffer.alloc(1_000));
    const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
    stream.close();
    expect(headers[":status"]).toBe(413);
  }, 5_000);
  expect((await get("/after")).headers[":status"]).toBe(200);
});

it("WebSockets are not offered over HTTP/2, and work over HTTP/1.1 on the same port", async () => {
  expect(session.remoteSettings.enableConnectProtocol ?? false).toBe(false);
  const socket = connectTls({ port: secure.port, host: "localhost", ca: TEST_CA, ALPNProtocols: ["http/1.1"] });
  await once(socket, "secureConnect");
  socket.write(
    "GET /socket HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
      "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n\r\n",
  );
  const [answer] = (await once(socket, "data")) as [Buffer];
  // Legacy here knows nothing of WebSockets; its own answer is relayed.
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 \d+ /);
  expect(arrived[0]?.url).toBe("/socket");
  socket.destroy();
});
