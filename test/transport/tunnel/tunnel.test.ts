import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createSecureServer } from "node:https";
import type { AddressInfo, Socket } from "node:net";
import { join, resolve } from "node:path";
import { afterEach, expect, it } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { listenSchema } from "../../../src/config/schema/listen.ts";
import { upstreamSchema } from "../../../src/config/schema/upstreams.ts";
import type { Outcome } from "../../../src/model/outcome.ts";
import type { ClientRequest } from "../../../src/transport/client-request.ts";
import { sendAnswer } from "../../../src/transport/client-side.ts";
import { createListener } from "../../../src/transport/inbound/create-listener.ts";
import { type TunnelOptions, tunnel } from "../../../src/transport/tunnel.ts";
import type { OpenTunnel } from "../../../src/transport/tunnel/open-tunnel.ts";
import { createUpstream, type Upstream } from "../../../src/transport/upstream.ts";
import { connectRaw, type RawClient } from "../../conformance/raw-client.ts";
import { type OriginBehaviour, type RawOrigin, startRawOrigin } from "../../conformance/raw-origin.ts";
import { takesLessThan, timeOf } from "../../doubles/takes-less-than.ts";

const stops: (() => unknown)[] = [];

afterEach(async () => {
  for (const stop of stops.splice(0).reverse()) await stop();
});

interface Gateway {
  readonly port: number;
  readonly outcomes: Outcome[];
  readonly open: OpenTunnel[];
  readonly upstream: Upstream;
}

const PATIENT = { connectTimeoutMs: 5_000, firstByteTimeoutMs: 5_000, idleTimeoutMs: 5_000 };
/** For what never comes; whatever does come may come late on a busy machine. */
const HURRIED = { connectTimeoutMs: 150, firstByteTimeoutMs: 150, idleTimeoutMs: 200 };

/** A listener that carries every upgrade to this address, and nothing else. */
async function gatewayTo(
  upstreamUrl: string,
  more: Partial<TunnelOptions> = {},
  { tls, limits = PATIENT }: { readonly tls?: { readonly caFile: string }; readonly limits?: typeof PATIENT } = {},
): Promise<Gateway> {
  const outcomes: Outcome[] = [];
  const open: OpenTunnel[] = [];
  const upstream = createUpstream({
    name: "modern",
    config: upstreamSchema.parse({ url: upstreamUrl, ...limits, tls, breaker: {} }),
  });
  stops.push(() => upstream.close());
  const carry = async (request: ClientRequest, socket: Socket, head: Buffer): Promise<void> => {
    const outcome = await tunnel({
      request,
      socket,
      head,
      outbound: {
        side: "modern",
        upstream: "modern",
        method: "GET",
        target: request.target,
        headers: ["Host", "shop.example", ...secWebSocketFields(request), "Authorization", "Bearer minted"],
        translateAnswer: (_status, headers) => [...headers, "X-Translated", "yes"],
        answerEnded: undefined,
        holdAnswer: undefined,
        limits: { totalTimeoutMs: undefined, maxBodyBytes: undefined },
      },
      upstream,
      onOpen: (tunnel) => void open.push(tunnel),
      ...more,
    });
    outcomes.push(outcome);
    if (outcome.kind === "failed" && !outcome.responseStarted)
      socket.end("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
  };
  const defaults = listenSchema.parse({});
  const listener = createListener({
    limits: defaults.limits,
    timeouts: { ...defaults.timeouts, lingerMs: 100 },
    onRequest: (_request, client) => sendAnswer(client, 200, []),
    onUpgrade: (request, socket, head) => void carry(request, socket, head),
  });
  listener.server.listen(0, "127.0.0.1");
  await once(listener.server, "listening");
  stops.push(() => listener.drain(0));
  return { port: (listener.server.address() as AddressInfo).port, outcomes, open, upstream };
}

function secWebSocketFields(request: ClientRequest): string[] {
  const fields: string[] = [];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const name = request.rawHeaders[i] as string;
    if (name.toLowerCase().startsWith("sec-websocket-")) fields.push(name, request.rawHeaders[i + 1] as string);
  }
  return fields;
}

const HANDSHAKE =
  "GET /ws HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nCookie: sid=secret\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n";
const SWITCHED = "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n";

async function rawOrigin(behaviour: OriginBehaviour): Promise<RawOrigin> {
  const origin = await startRawOrigin();
  stops.push(() => origin.stop());
  origin.behave(behaviour);
  return origin;
}

function rawClient(port: number, octets = HANDSHAKE): RawClient {
  const client = connectRaw(port, octets);
  stops.push(() => client.destroy());
  return client;
}

async function realServer(): Promise<{ url: string; server: WebSocketServer }> {
  const server = new WebSocketServer({ port: 0, host: "127.0.0.1" });
  await once(server, "listening");
  stops.push(() => {
    for (const client of server.clients) client.terminate();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, server };
}

async function realClient(port: number): Promise<WebSocket> {
  const client = new WebSocket(`ws://127.0.0.1:${port}/ws`);
  stops.push(() => client.terminate());
  await once(client, "open");
  return client;
}

it("carries messages and close codes between a real client and a real server, compressed ones too", async () => {
  const { url, server } = await realServer();
  server.on("connection", (socket) => {
    socket.on("message", (data, isBinary) => socket.send(data, { binary: isBinary }));
    socket.on("close", (code) => closes.push(code));
  });
  const closes: number[] = [];
  const { port, outcomes } = await gatewayTo(url);
  const client = await realClient(port);
  for (const message of ["hello", "x".repeat(200_000)]) {
    client.send(message);
    const [data] = (await once(client, "message")) as [Buffer];
    expect(data.toString()).toBe(message);
  }
  client.close(4000, "done");
  const [code] = (await once(client, "close")) as [number];
  expect(code).toBe(4000);
  await expect.poll(() => closes).toEqual([4000]);
  await expect.poll(() => outcomes).toEqual([{ kind: "answered", side: "modern", upstream: "modern", status: 101 }]);
});

it("carries messages to a server behind TLS, and refuses one that it does not trust", async () => {
  const fixtures = resolve(import.meta.dirname, "../../fixtures/tls");
  const secure = createSecureServer({
    cert: readFileSync(join(fixtures, "server.pem")),
    key: readFileSync(join(fixtures, "server.key")),
  });
  const server = new WebSocketServer({ server: secure });
  secure.listen(0, "127.0.0.1");
  await once(secure, "listening");
  stops.push(() => {
    for (const client of server.clients) client.terminate();
    secure.close();
  });
  server.on("connection", (socket) => socket.on("message", (data) => socket.send(data)));
  const url = `https://127.0.0.1:${(secure.address() as AddressInfo).port}`;
  const trusting = await gatewayTo(url, {}, { tls: { caFile: join(fixtures, "ca.pem") } });
  const client = await realClient(trusting.port);
  client.send("hello");
  const [data] = (await once(client, "message")) as [Buffer];
  expect(data.toString()).toBe("hello");
  const doubting = await gatewayTo(url);
  rawClient(doubting.port);
  await expect
    .poll(() => doubting.outcomes[0])
    .toMatchObject({ failure: { phase: "connect", code: "connect-failed" } });
});

it("sends the outbound fields and nothing of the client's own, and gives back the translated ones", async () => {
  const origin = await rawOrigin((_request, connection) => connection.write(SWITCHED));
  const { port } = await gatewayTo(`http://127.0.0.1:${origin.port}`);
  const client = rawClient(port);
  expect(await client.until((received) => received.includes("\r\n\r\n"))).toBe(true);
  expect(client.received()).toContain("X-Translated: yes\r\n");
  expect(origin.requests[0]?.field("authorization")).toBe("Bearer minted");
  expect(origin.requests[0]?.field("cookie")).toBeUndefined();
});

it("closes a tunnel from outside with a close frame that both real ends understand", async () => {
  const { url, server } = await realServer();
  const serverCloses: number[] = [];
  server.on("connection", (socket) => socket.on("close", (code) => serverCloses.push(code)));
  const { port, open, outcomes } = await gatewayTo(url);
  const client = await realClient(port);
  const closed = once(client, "close") as Promise<[number, Buffer]>;
  open[0]?.close(4401, "logged out");
  const [code, reason] = await closed;
  expect([code, reason.toString()]).toEqual([4401, "logged out"]);
  await expect.poll(() => serverCloses).toEqual([4401]);
  await expect.poll(() => outcomes.length).toBe(1);
});

it("finishes the frames under way before the close frame", async () => {
  const half = Buffer.concat([Buffer.from([0x82, 10]), Buffer.from("01234")]);
  const origin = await rawOrigin((_request, connection) => {
    connection.write(SWITCHED);
    connection.write(half);
  });
  const { port, open } = await gatewayTo(`http://127.0.0.1:${origin.port}`);
  const client = rawClient(port);
  expect(await client.until((received) => received.endsWith("01234"))).toBe(true);
  open[0]?.close(1001, "");
  origin.requests[0]?.connection.write("56789\x82\x03end");
  expect(await client.untilClosed()).toBe(true);
  expect(client.received().endsWith("0123456789\x82\x03end\x88\x02\x03\xe9")).toBe(true);
});

it("closes a tunnel in which nobody says anything", async () => {
  const { url } = await realServer();
  const { port } = await gatewayTo(url, { idleTimeoutMs: 120 });
  const client = await realClient(port);
  const [code] = (await once(client, "close")) as [number];
  expect(code).toBe(1001);
});

it("ends within a second of a farewell that nobody answers", async () => {
  const origin = await rawOrigin((_request, connection) => connection.write(SWITCHED));
  await takesLessThan(2_000, async () => {
    const { port, open, outcomes } = await gatewayTo(`http://127.0.0.1:${origin.port}`);
    const client = rawClient(port);
    await client.until((received) => received.includes("\r\n\r\n"));
    open[0]?.close(1001, "");
    return await timeOf(() => expect.poll(() => outcomes.length).toBe(1));
  });
});

async function portOfNobody(): Promise<number> {
  const origin = await startRawOrigin();
  const { port } = origin;
  await origin.stop();
  return port;
}

it("names what failed, and has not written an octet to the client by then", async () => {
  const closedPort = await portOfNobody();
  const silent = await rawOrigin(() => undefined);
  const banner = await rawOrigin((_request, connection) => connection.write("SSH-2.0-x\r\n"));
  const cases = [
    [closedPort, "connect", "connect-failed"],
    [silent.port, "response-head", "first-byte-timeout"],
    [banner.port, "response-head", "invalid-response"],
  ] as const;
  for (const [port, phase, code] of cases) {
    const gateway = await gatewayTo(`http://127.0.0.1:${port}`, {}, { limits: HURRIED });
    const client = rawClient(gateway.port);
    await expect
      .poll(() => gateway.outcomes[0])
      .toMatchObject({ kind: "failed", responseStarted: false, failure: { phase, party: "upstream", code } });
    expect(await client.untilClosed()).toBe(true);
    expect(client.received()).toBe("HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n");
  }
});

it("ejects an upstream where handshakes find nobody, and then fails at once", async () => {
  const gateway = await gatewayTo(`http://127.0.0.1:${await portOfNobody()}`);
  const codes = (): string[] =>
    gateway.outcomes.map((outcome) => (outcome.kind === "failed" ? outcome.failure.code : outcome.kind));
  for (let i = 0; i < 20 && !codes().includes("ejected"); i++) {
    rawClient(gateway.port);
    await expect.poll(() => gateway.outcomes.length, { interval: 2 }).toBe(i + 1);
  }
  expect(codes()).toContain("ejected");
  expect(gateway.upstream.status().health).toBe("ejected");
});

it("blames the client for leaving during the handshake", async () => {
  const origin = await rawOrigin(() => undefined);
  const gateway = await gatewayTo(`http://127.0.0.1:${origin.port}`);
  const client = rawClient(gateway.port);
  await origin.until(() => origin.requests.length === 1);
  client.reset();
  await expect.poll(() => gateway.outcomes[0]).toMatchObject({ failure: { party: "client", code: "client-gone" } });
});

it("cuts a refusal that stands still, and says that the answer had begun", async () => {
  const origin = await rawOrigin((_request, connection) =>
    connection.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 9\r\n\r\npart"),
  );
  const gateway = await gatewayTo(`http://127.0.0.1:${origin.port}`, {}, { limits: HURRIED });
  const client = rawClient(gateway.port);
  expect(await client.untilClosed()).toBe(true);
  expect(client.received()).toMatch(/^HTTP\/1\.1 403 [^]*part$/);
  expect(gateway.outcomes[0]).toMatchObject({
    kind: "failed",
    responseStarted: true,
    failure: { code: "truncated-response" },
  });
});

it("takes no more than a little from a client that sends ahead of the 101", async () => {
  const origin = await rawOrigin(() => undefined);
  const gateway = await gatewayTo(`http://127.0.0.1:${origin.port}`, {}, { limits: HURRIED });
  const client = rawClient(gateway.port);
  let sent = 0;
  const block = Buffer.alloc(1 << 16);
  const push = (): void => {
    while (!client.socket.destroyed && sent < 1 << 28) {
      sent += block.length;
      if (!client.socket.write(block)) return void client.socket.once("drain", push);
    }
  };
  push();
  await expect.poll(() => gateway.outcomes.length).toBe(1);
  // The system's buffers alone may hold 36 MB (tcp_rmem and tcp_wmem of Linux).
  expect(sent).toBeLessThan(64 << 20);
});

it("slows an upstream down when the client does not read", async () => {
  let written = 0;
  const origin = await rawOrigin((_request, { socket }) => {
    socket.write(SWITCHED);
    const block = Buffer.alloc(1 << 16);
    const push = (): void => {
      while (!socket.destroyed && written < 1 << 28) {
        written += block.length;
        if (!socket.write(block)) return void socket.once("drain", push);
      }
    };
    push();
  });
  const gateway = await gatewayTo(`http://127.0.0.1:${origin.port}`);
  const client = rawClient(gateway.port);
  await client.until((received) => received.includes("\r\n\r\n"));
  client.socket.pause();
  let before = -1;
  await expect
    .poll(
      () => {
        const still = written === before;
        before = written;
        return still;
      },
      { interval: 100, timeout: 5_000 },
    )
    .toBe(true);
  expect(written).toBeLessThan(64 << 20);
});

const throwing = (): string[] => {
  throw new Error("no such translation");
};

it.each([
  ["a malformed field in its switch", SWITCHED, (): string[] => ["X", "a\r\nSet-Cookie: sid=1"]],
  [
    "a malformed field in its refusal",
    "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno",
    (): string[] => ["X", "\u010a"],
  ],
  ["a translation that throws", SWITCHED, throwing],
])("fails on %s, and has not written an octet to the client by then", async (_what, answer, translateAnswer) => {
  const origin = await rawOrigin(answer);
  const outbound = {
    side: "modern",
    upstream: "modern",
    method: "GET",
    target: "/ws",
    headers: ["Host", "shop.example"],
    translateAnswer,
    answerEnded: undefined,
    holdAnswer: undefined,
    limits: { totalTimeoutMs: undefined, maxBodyBytes: undefined },
  } as const;
  const gateway = await gatewayTo(`http://127.0.0.1:${origin.port}`, { outbound });
  const client = rawClient(gateway.port);
  expect(await client.until((received) => received.startsWith("HTTP/1.1 502 "))).toBe(true);
  expect(gateway.outcomes).toMatchObject([{ kind: "failed", responseStarted: false }]);
  expect(client.received()).not.toContain("Set-Cookie");
});
