import type { AddressInfo, Socket } from "node:net";
import { expect, it } from "vitest";
import { listenSchema } from "../../../src/config/schema/listen.ts";
import type { ClientSide } from "../../../src/transport/client-side.ts";
import { echoPath, get, listen, say, sayLast, sayPart, statuses, stops, WEBSOCKET_KEY } from "./listening.ts";

it.each([
  ["a bare line feed", "GET / HTTP/1.1\nHost: a\n\n", 400],
  ["an obsolete line fold", "GET / HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n", 400],
  ["a lower-case method", "get / HTTP/1.1\r\nHost: a\r\n\r\n", 501],
  ["HTTP/1.2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n", 505],
  ["an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505],
  ["a head beyond the limit", get("/", `X: ${"a".repeat(40_000)}\r\n`), 431],
  ["a target beyond the parser's limit", get(`/${"a".repeat(40_000)}`), 414],
  [
    "chunk extensions beyond the limit",
    `POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;${"a".repeat(20_000)}\r\n`,
    413,
  ],
  ["CONNECT", "CONNECT a:80 HTTP/1.1\r\nHost: a:80\r\n\r\n", 501],
  ["a TLS handshake", "\x16\x03\x01\x00\xa5\x01\x00\x00", 400],
])("answers %s with a problem document and closes", async (_name, octets, status) => {
  const { client } = await listen((request) => request.discardBody());
  const raw = client(octets);
  expect(await raw.untilClosed()).toBe(true);
  const received = raw.received();
  expect(statuses(received)).toEqual([String(status)]);
  expect(received).toContain("Content-Type: application/problem+json\r\n");
  expect(received).toContain("Connection: close\r\n");
  expect(JSON.parse(received.slice(received.indexOf("\r\n\r\n") + 4))).toMatchObject({ status });
});

it("starts a pipelined request when the one before it has been answered, in order", async () => {
  const started: string[] = [];
  const open: ClientSide[] = [];
  const { client } = await listen((request, client) => {
    started.push(request.target);
    open.push(client);
  });
  const raw = client(get("/1") + get("/2") + get("/3"));
  await expect.poll(() => started).toEqual(["/1"]);
  say(open[0], "one");
  await expect.poll(() => started).toEqual(["/1", "/2"]);
  say(open[1], "two");
  await expect.poll(() => started).toEqual(["/1", "/2", "/3"]);
  say(open[2], "three");
  expect(await raw.until((received) => received.includes("three"))).toBe(true);
  expect(raw.received()).toMatch(/one[^]*two[^]*three/);
});

it("answers a broken pipelined message in its turn, after the good one before it", async () => {
  let answer: ClientSide | undefined;
  const { client } = await listen((_request, client) => {
    answer = client;
  });
  const raw = client(`${get("/1")}BROKEN\r\n\r\n`);
  await expect.poll(() => answer).toBeDefined();
  say(answer, "first");
  expect(await raw.untilClosed()).toBe(true);
  expect(statuses(raw.received())).toEqual(["200", "400"]);
});

it("drops a pipelined request whose body breaks, and answers 400 in its place", async () => {
  const started: string[] = [];
  let answer: ClientSide | undefined;
  const { client } = await listen((request, client) => {
    started.push(request.target);
    answer = client;
  });
  const raw = client(`${get("/1")}POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nZ\r\n`);
  await expect.poll(() => answer).toBeDefined();
  say(answer, "first");
  expect(await raw.untilClosed()).toBe(true);
  expect(statuses(raw.received())).toEqual(["200", "400"]);
  expect(started).toEqual(["/1"]);
});

it("tells the handler soon when the body it reads breaks", async () => {
  let goneAtMs: number | undefined;
  let started = false;
  const { client } = await listen((request) => {
    started = true;
    request.discardBody();
    request.watch({ onClientClosed: () => (goneAtMs = performance.now()) });
  });
  const startedAtMs = performance.now();
  const raw = client("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  await expect.poll(() => started).toBe(true);
  raw.send("Z\r\n");
  await expect.poll(() => goneAtMs).toBeDefined();
  expect((goneAtMs as number) - startedAtMs).toBeLessThan(1_000);
  expect(statuses(raw.received())).toEqual(["400"]);
});

it("lets a client read an early refusal while it still uploads", async () => {
  const { client } = await listen((_request, client) => {
    sayLast(client, "too much", 413);
  });
  const raw = client(`POST / HTTP/1.1\r\nHost: a\r\nContent-Length: ${64 << 20}\r\n\r\n`);
  const chunk = Buffer.alloc(1 << 20);
  for (let i = 0; i < 16; i++) raw.send(chunk);
  expect(await raw.until((received) => received.includes("too much"))).toBe(true);
  expect(raw.state()).not.toBe("reset");
});

it("does not read the rest of a refused body for ever", async () => {
  const { client } = await listen((_request, client) => say(client, "no", 413), { lingerMs: 100 });
  const raw = client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nabc");
  expect(await raw.until((received) => received.includes("no"))).toBe(true);
  expect(await raw.untilClosed()).toBe(true);
});

it("serves nothing that comes behind its last answer", async () => {
  const started: string[] = [];
  const { client } = await listen((request, client) => {
    started.push(request.target);
    sayLast(client, "no", 400);
  });
  const raw = client("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  await raw.until((received) => received.includes("no"));
  raw.send(`cde${get("/2")}`);
  raw.end();
  expect(await raw.untilClosed()).toBe(true);
  await new Promise((resolve) => setImmediate(resolve));
  expect(started).toEqual(["/1"]);
});

it("reuses a connection once the rest of a refused body has come", async () => {
  const { client } = await listen((request, client) => say(client, ".", request.target === "/up" ? 413 : 200));
  const raw = client("POST /up HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nab");
  await raw.until((received) => statuses(received).length === 1);
  raw.send(`cde${get("/next")}`);
  expect(await raw.until((received) => statuses(received).length === 2)).toBe(true);
  expect(statuses(raw.received())).toEqual(["413", "200"]);
});

it("cuts a client that dribbles its header, and one that stalls in its body, with 408", async () => {
  const { client } = await listen((request) => request.discardBody(), {
    headerTimeoutMs: 100,
    bodyIdleTimeoutMs: 100,
  });
  const slowHeader = client("GET / HTTP/1.1\r\nHost:");
  const slowBody = client("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  expect(await slowHeader.untilClosed()).toBe(true);
  expect(await slowBody.untilClosed()).toBe(true);
  expect(statuses(slowHeader.received())).toEqual(["408"]);
  expect(statuses(slowBody.received())).toEqual(["408"]);
});

it("cuts a client that dribbles its body, unless the answer has begun", async () => {
  const { client } = await listen(
    (request, client) => {
      request.discardBody();
      if (request.target === "/dialogue") sayPart(client, "begun");
    },
    { bodyIdleTimeoutMs: 150 },
  );
  const head = (path: string): string => `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 1000\r\n\r\n`;
  const dribbler = client(head("/plain"));
  const dialogue = client(head("/dialogue"));
  const timer = setInterval(() => [dribbler, dialogue].forEach((raw) => raw.send("x")), 20);
  stops.push(async () => clearInterval(timer));
  expect(await dribbler.untilClosed()).toBe(true);
  expect(statuses(dribbler.received())).toEqual(["408"]);
  expect(await dialogue.untilClosed(300)).toBe(false);
});

it("does not blame a client whose body nobody reads, or that waits for 100", async () => {
  const seen: string[] = [];
  const { client } = await listen((request) => void seen.push(request.target), { bodyIdleTimeoutMs: 60 });
  const unread = client("POST /unread HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nabc");
  const waiting = client("POST /waits HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 10\r\n\r\n");
  await expect.poll(() => seen.length).toBe(2);
  expect(await unread.untilClosed(400)).toBe(false);
  expect(await waiting.untilClosed(1)).toBe(false);
});

it("closes a connection that never said anything without a word", async () => {
  const { client } = await listen(echoPath, { headerTimeoutMs: 60 });
  const raw = client();
  expect(await raw.untilClosed()).toBe(true);
  expect(raw.received()).toBe("");
});

it("answers a client that has half-closed, however long it takes octets", async () => {
  const { client } = await listen(
    (_request, client) => {
      sayPart(client, "part;");
      let parts = 1;
      const timer = setInterval(() => {
        sayPart(client, "part;");
        if (++parts === 6) {
          clearInterval(timer);
          sayPart(client, "done");
          client.end([]);
        }
      }, 50);
    },
    { halfCloseGraceMs: 100 },
  );
  const raw = client(get("/"));
  raw.end();
  expect(await raw.until((received) => received.includes("done"))).toBe(true);
});

it("frees the handler when a client has left without a word", async () => {
  let gone = false;
  const { client } = await listen((request) => request.watch({ onClientClosed: () => (gone = true) }), {
    halfCloseGraceMs: 100,
  });
  const raw = client(get("/"));
  raw.end();
  await expect.poll(() => gone).toBe(true);
});

it("ignores an Upgrade to anything but WebSocket, and one with a body", async () => {
  const upgrades: string[] = [];
  const { client } = await listen(
    echoPath,
    {},
    {
      onUpgrade: (request, socket: Socket) => {
        upgrades.push(request.target);
        socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n");
      },
    },
  );
  const upgrade = (token: string): string => `Connection: Upgrade\r\nUpgrade: ${token}\r\n${WEBSOCKET_KEY}`;
  const h2c = client(get("/h2c", upgrade("h2c")) + get("/next"));
  expect(await h2c.until((received) => received.includes("</next>"))).toBe(true);
  expect(h2c.received()).toContain("</h2c>");
  const post = client(`POST /post HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n${upgrade("websocket")}\r\nx`);
  expect(await post.until((received) => received.includes("</post>"))).toBe(true);
  const mixed = client(get("/mixed", upgrade("h2c, WebSocket")));
  expect(await mixed.until((received) => received.includes(" 101 "))).toBe(true);
  expect(upgrades).toEqual(["/mixed"]);
});

it("starts an upgrade when the request pipelined before it has been answered", async () => {
  const order: string[] = [];
  let answer: ClientSide | undefined;
  const { client } = await listen(
    (_request, client) => {
      answer = client;
    },
    {},
    {
      onUpgrade: (_request, socket: Socket, head) => {
        order.push(`upgrade ${head.toString()}`);
        socket.end("HTTP/1.1 101 Switching Protocols\r\n\r\n");
      },
    },
  );
  const raw = client(`${get("/1")}${get("/ws", `Connection: Upgrade\r\nUpgrade: websocket\r\n${WEBSOCKET_KEY}`)}early`);
  await expect.poll(() => answer).toBeDefined();
  expect(order).toEqual([]);
  say(answer, "first");
  expect(await raw.until((received) => received.includes(" 101 "))).toBe(true);
  expect(order).toEqual(["upgrade early"]);
  expect(raw.received()).toMatch(/first[^]*101/);
});

it("sees every field of a head with thousands of them", async () => {
  let count = 0;
  const { client } = await listen(
    (request, client) => {
      count = request.rawHeaders.length / 2;
      say(client, "");
    },
    {},
    { limits: { ...listenSchema.parse({}).limits, maxHeaderBytes: 1_000_000 } },
  );
  const raw = client(get("/", "X: 1\r\n".repeat(3_000)));
  expect(await raw.until((received) => statuses(received).length === 1)).toBe(true);
  expect(count).toBe(3_001);
});

it("answers OPTIONS with Max-Forwards 0 itself", async () => {
  const { client } = await listen(echoPath);
  const raw = client("OPTIONS /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\n\r\n");
  expect(await raw.until((received) => received.includes("\r\n\r\n"))).toBe(true);
  expect(raw.received()).toMatch(/^HTTP\/1\.1 200 OK\r\n[^]*Allow: GET/);
  expect(raw.received()).not.toContain("</x>");
});

it("drains: finishes what is in flight as the last of its connection, closes what idles, refuses new connections", async () => {
  let answer: ClientSide | undefined;
  const { listener, client } = await listen((request, client) => {
    if (request.target === "/slow") answer = client;
    else say(client, "quick");
  });
  const idle = client(get("/quick"));
  await idle.until((received) => received.includes("quick"));
  const busy = client(get("/slow"));
  await expect.poll(() => answer).toBeDefined();
  const drained = listener.drain(5_000);
  say(answer, "late");
  expect(await busy.untilClosed()).toBe(true);
  expect(busy.received()).toMatch(/Connection: close\r\n[^]*late$/);
  expect(await drained).toEqual({ cut: 0 });
  expect(idle.state()).not.toBe("open");
  const { port } = busy.socket.address() as AddressInfo;
  expect(port).toBeGreaterThan(0);
  expect(listener.server.listening).toBe(false);
});

it("answers a request that arrives on a recently busy connection during the drain", async () => {
  const { listener, client } = await listen(echoPath);
  const raw = client(get("/1"));
  await raw.until((received) => received.includes("</1>"));
  const drained = listener.drain(5_000);
  raw.send(get("/2"));
  expect(await raw.untilClosed()).toBe(true);
  expect(raw.received()).toMatch(/Connection: close\r\n[^]*<\/2>/);
  expect(await drained).toEqual({ cut: 0 });
});

it("leaves no request of a busy connection unanswered when it drains", async () => {
  const { listener, client } = await listen((request, client) => {
    setTimeout(() => say(client, `<${request.target}>`), 3);
  });
  const workers = Array.from({ length: 40 }, async () => {
    const raw = client();
    for (let i = 0; ; i++) {
      raw.send(get(`/${i}`));
      if (!(await raw.until((received) => received.includes(`</${i}>`)))) return `request ${i} had no answer`;
      if (/Connection: close/.test(raw.received())) return "told to close";
    }
  });
  await new Promise((resolve) => setTimeout(resolve, 60));
  const drained = listener.drain(5_000);
  expect(new Set(await Promise.all(workers))).toEqual(new Set(["told to close"]));
  expect(await drained).toEqual({ cut: 0 });
});

it("cuts what is still open at the deadline of a drain and says how much it was", async () => {
  const { listener, client } = await listen(() => undefined);
  const raw = client(get("/"));
  await expect.poll(() => listener.connectionCount()).toBe(1);
  expect(await listener.drain(80)).toEqual({ cut: 1 });
  expect(await raw.untilClosed()).toBe(true);
});
