import { readFileSync } from "node:fs";
import { connect as connectPlain, type Socket } from "node:net";
import { resolve } from "node:path";
import { connect as connectTls } from "node:tls";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { ClientRequest } from "../../../../src/transport/client-request.ts";
import type { ClientSide } from "../../../../src/transport/client-side.ts";
import { get, listen, say, WEBSOCKET_KEY } from "../listening.ts";

const fixture = (name: string): string =>
  readFileSync(resolve(import.meta.dirname, "../../../fixtures/tls", name), "utf8");
const TLS = { certificate: fixture("server.pem"), key: fixture("server.key"), minimumVersion: "TLSv1.2" } as const;
const TIMEOUTS = {
  headerTimeoutMs: 400,
  bodyIdleTimeoutMs: 400,
  keepAliveTimeoutMs: 400,
  halfCloseGraceMs: 100,
  lingerMs: 100,
};

const failures: unknown[] = [];
const onFailure = (error: unknown): void => void failures.push(error);

beforeAll(() => {
  process.on("uncaughtException", onFailure).on("unhandledRejection", onFailure);
});

afterAll(() => {
  process.off("uncaughtException", onFailure).off("unhandledRejection", onFailure);
});

const UPGRADE = `Connection: Upgrade\r\nUpgrade: websocket\r\n${WEBSOCKET_KEY}`;
const STREAMS = [
  get("/1") + get("/2"),
  `POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello${get("/2")}`,
  `POST /1 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;x\r\nhello\r\n0\r\nX: y\r\n\r\n${get("/2")}`,
  `POST /1 HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\nhello${get("/2")}`,
  `POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nConnection: close\r\n\r\n123456789${get("/2")}`,
  `GET /1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nPOST /2 HTTP/1.0\r\nContent-Length: 2\r\n\r\nab`,
  `${get("/1")}${get("/ws", UPGRADE)}early`,
];

/** Requests at work: what begins must end, by an answer or by the news that the client is gone. */
function counting(): { open: () => number; onRequest: (request: ClientRequest, client: ClientSide) => void } {
  let open = 0;
  return {
    open: () => open,
    onRequest: (request, client) => {
      open += 1;
      let over = false;
      const finish = (): void => {
        open -= over ? 0 : 1;
        over = true;
      };
      request.watch({ onClientClosed: finish });
      const answer = (): void => {
        if (client.gone) return;
        say(client, `<${request.target}>`);
        if (client.sent) finish();
        else client.onSent(finish);
      };
      if (request.target === "/early") return answer();
      client.information(100, []);
      request.readBody({ onData: () => undefined, onEnd: () => setImmediate(answer) });
      if (request.facts.framing.kind === "none") setImmediate(answer);
    },
  };
}

it.each(["resets", "closes", "half-closes"] as const)("outlives a client that %s behind each octet", async (how) => {
  const work = counting();
  const { listener, port } = await listen(work.onRequest, TIMEOUTS, {
    onUpgrade: (_request, socket) => socket.end("x"),
  });
  const clients: Socket[] = [];
  for (const stream of STREAMS) {
    for (let cut = 0; cut <= stream.length; cut++) {
      const socket = connectPlain({ port, host: "127.0.0.1", allowHalfOpen: true, noDelay: true });
      clients.push(socket);
      socket.on("error", () => undefined).resume();
      socket.write(stream.slice(0, cut), () => {
        if (how === "resets") socket.resetAndDestroy();
        else if (how === "closes") socket.destroy();
        else socket.end();
      });
    }
    await new Promise((later) => setImmediate(later));
  }
  await expect.poll(() => clients.every((socket) => socket.closed), { timeout: 5_000 }).toBe(true);
  await expect.poll(() => [listener.connectionCount(), work.open()], { timeout: 5_000 }).toEqual([0, 0]);
  expect(failures).toEqual([]);
});

it("keeps no TLS connection that is reset while it is being refused", async () => {
  const work = counting();
  const { listener, port } = await listen(work.onRequest, TIMEOUTS, { tls: TLS });
  let connected = 0;
  for (let round = 0; round < 4; round++) {
    const attempts = Array.from({ length: 25 }, async (_, i) => {
      const raw = connectPlain({ port, host: "127.0.0.1", noDelay: true });
      const socket = connectTls({ socket: raw, rejectUnauthorized: false });
      raw.on("error", () => undefined);
      socket.on("error", () => undefined);
      await new Promise((secure) => socket.once("secureConnect", secure));
      connected += 1;
      socket.write(get("/1").slice(0, i + 1));
      await new Promise((later) => setTimeout(later, i % 3));
      raw.resetAndDestroy();
    });
    await Promise.all(attempts);
  }
  expect(connected).toBe(100);
  await expect.poll(() => [listener.connectionCount(), work.open()], { timeout: 5_000 }).toEqual([0, 0]);
  expect(failures).toEqual([]);
});

it("serves others while hundreds dribble, and is rid of all of these in the end", async () => {
  const work = counting();
  const { listener, port, client } = await listen(work.onRequest, TIMEOUTS);
  const dribblers = Array.from({ length: 500 }, (_, i) => {
    const socket = connectPlain({ port, host: "127.0.0.1", noDelay: true });
    socket.on("error", () => undefined).resume();
    const stream = STREAMS[i % STREAMS.length]?.replace("\r\nHost", `\r\nX: ${"x".repeat(500)}\r\nHost`) ?? "";
    let at = 0;
    const timer = setInterval(() => socket.write(stream.slice(at, ++at)), 20);
    socket.on("close", () => clearInterval(timer));
    return socket;
  });
  await expect.poll(() => listener.connectionCount()).toBe(500);
  const raw = client(get("/other"));
  expect(await raw.until((received) => received.includes("</other>"), 1_000)).toBe(true);
  raw.destroy();
  await expect.poll(() => dribblers.every((socket) => socket.closed), { timeout: 5_000 }).toBe(true);
  await expect.poll(() => [listener.connectionCount(), work.open()], { timeout: 5_000 }).toEqual([0, 0]);
  expect(failures).toEqual([]);
});
