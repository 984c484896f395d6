import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, it } from "vitest";
import type { ClientRequest } from "../../../../src/transport/client-request.ts";
import type { ClientSide } from "../../../../src/transport/client-side.ts";
import {
  block,
  connectFrames,
  DATA,
  END_HEADERS,
  END_STREAM,
  type FrameClient,
  frame,
  HEADERS,
  requestFields,
  RST_STREAM,
  SETTINGS,
  statusOf,
  u32,
} from "../../../doubles/http2-frames.ts";
import { until } from "../../../doubles/until.ts";
import { listen, type Running, say, stops } from "../listening.ts";

const fixture = (name: string): string =>
  readFileSync(resolve(import.meta.dirname, "../../../fixtures/tls", name), "utf8");
const TLS = { certificate: fixture("server.pem"), key: fixture("server.key"), minimumVersion: "TLSv1.2" } as const;

const listenHttp2 = (
  onRequest: (request: ClientRequest, client: ClientSide) => void,
  timeouts: Parameters<typeof listen>[1] = {},
): Promise<Running> => listen(onRequest, timeouts, { tls: TLS, http2: true });

async function connect(port: number, options = {}): Promise<FrameClient> {
  const client = await connectFrames(port, options);
  stops.push(async () => client.socket.destroy());
  return client;
}

const head = (stream: number, method: string, flags = END_HEADERS): Buffer =>
  frame(HEADERS, flags, stream, block(requestFields(method, "/")));
const statuses = ({ received }: FrameClient): number[] =>
  received.filter(({ type }) => type === HEADERS).map(({ payload }) => statusOf(payload));

it("a reset with NO_ERROR is heard of although nobody reads the body just now", async () => {
  let closed = 0;
  let received = 0;
  const { listener, port } = await listenHttp2((request) => {
    request.watch({ onClientClosed: () => (closed += 1) });
    request.readBody({
      onData: (bytes) => {
        received += bytes.length;
        request.pause();
      },
      onEnd: () => expect.unreachable("a broken upload is no whole one"),
    });
  });
  const client = await connect(port);
  client.send(head(1, "POST"), ...Array.from({ length: 3 }, () => frame(DATA, 0, 1, Buffer.alloc(10_000))));
  await until("some of the body was taken", () => received > 0);
  client.send(frame(RST_STREAM, 0, 1, u32(0)));
  // Sooner than anybody looks at the stream.
  await until("the exchange is told", () => closed > 0, 500);
  client.socket.end();
  await until("nothing is left of the connection", () => listener.connectionCount() === 0);
});

it("a client that does not close its side of an idle connection loses it all the same", async () => {
  const { listener, port } = await listenHttp2((_request, client) => say(client, "ok"), {
    keepAliveTimeoutMs: 100,
    lingerMs: 100,
  });
  const client = await connect(port, { allowHalfOpen: true });
  client.send(head(1, "GET", END_HEADERS | END_STREAM));
  await until("it is answered", () => statuses(client).length === 1);
  await until("nothing is left of the connection", () => listener.connectionCount() === 0);
  expect(client.socket.writableEnded).toBe(false);
});

it("a body that nobody takes is no reason to give its client up", async () => {
  let answer: () => void = () => undefined;
  const taken = { onData: () => undefined, onEnd: () => undefined };
  const { port } = await listenHttp2(
    (request, client) => {
      if (request.method === "PUT") request.readBody(taken);
      else answer = () => say(client, "ok");
    },
    { bodyIdleTimeoutMs: 50 },
  );
  const client = await connect(port);
  client.send(head(1, "POST"), head(3, "PUT"));
  await until("one that is taken is given up", () => statuses(client).length === 1);
  answer();
  await until("the other is answered", () => statuses(client).length === 2);
  expect(statuses(client)).toEqual([408, 200]);
});

it("whoever is at work on a request that is given up cannot answer it a second time", async () => {
  const clients: ClientSide[] = [];
  const { port } = await listenHttp2(
    (request, client) => {
      clients.push(client);
      request.readBody({ onData: () => undefined, onEnd: () => undefined });
    },
    { bodyIdleTimeoutMs: 50, lingerMs: 1_000 },
  );
  const client = await connect(port);
  client.send(head(1, "POST"));
  await until("it is refused", () => statuses(client).length === 1);
  expect(clients[0]?.gone).toBe(true);
  say(clients[0], "late");
  client.send(frame(SETTINGS, 0, 0), head(3, "POST", END_HEADERS | END_STREAM));
  await until("the next is there", () => clients.length === 2);
  expect(statuses(client)).toEqual([408]);
});

it("the body of a HEAD request that nobody takes is read for a while behind the answer, then ended", async () => {
  const { port } = await listenHttp2((_request, client) => say(client, ""), { lingerMs: 50 });
  const client = await connect(port);
  client.send(head(1, "HEAD"));
  await until("the client is told to stop", () => client.received.some(({ type }) => type === RST_STREAM));
  expect(client.received.find(({ type }) => type === RST_STREAM)?.payload).toEqual(u32(0));
  expect(statuses(client)).toEqual([200]);
});
