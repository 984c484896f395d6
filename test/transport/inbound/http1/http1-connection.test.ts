import { expect, it } from "vitest";
import type { BodySink, ClientRequest } from "../../../../src/transport/client-request.ts";
import type { ClientSide } from "../../../../src/transport/client-side.ts";
import { get, listen, say, sayLast, statuses, stops, WEBSOCKET_KEY } from "../listening.ts";

const post = (path: string, length: number, more = ""): string =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\n${more}Content-Length: ${length}\r\n\r\n`;

/** Takes a body as text. */
class Taken implements BodySink {
  text = "";
  whole = false;
  onData(bytes: Buffer): void {
    this.text += bytes.toString("latin1");
  }
  onEnd(): void {
    this.whole = true;
  }
}

it.each(["before", "after"])(
  "reads the next request when the last part of a body had to wait, and was taken %s the answer",
  async (taken) => {
    let paused: ClientRequest | undefined;
    let answer: ClientSide | undefined;
    const { client } = await listen((request, side) => {
      if (request.target === "/2") return say(side, "two");
      answer = side;
      request.readBody({
        onData: () => {
          request.pause();
          paused = request;
        },
        onEnd: () => undefined,
      });
    });
    const raw = client(post("/1", 5));
    raw.send("hello");
    await expect.poll(() => paused?.complete).toBe(true);
    if (taken === "before") paused?.resume();
    say(answer, "one");
    if (taken === "after") paused?.resume();
    await raw.until((received) => received.includes("one"));
    raw.send(get("/2"));
    expect(await raw.until((received) => received.includes("two"))).toBe(true);
  },
);

it("reads the whole of a large body that came behind a request that was still at work", async () => {
  const sink = new Taken();
  let first: { request: ClientRequest; side: ClientSide } | undefined;
  const { client } = await listen((request, side) => {
    if (request.target === "/1") first = { request, side };
    else request.readBody(sink);
  });
  const raw = client(get("/1"));
  raw.send(`${post("/2", 1_000_000)}${"x".repeat(1_000_000)}`);
  await expect.poll(() => first?.request.socket.isPaused()).toBe(true);
  say(first?.side, "one");
  await expect.poll(() => sink.whole).toBe(true);
  expect(sink.text.length).toBe(1_000_000);
});

it.each(["pipelined requests that nobody answers", "a body that nobody takes"])(
  "stops reading %s, within bounds",
  async (what) => {
    let request: ClientRequest | undefined;
    const { client } = await listen((one) => {
      request = one;
    });
    const flood = get("/more").repeat(1_000_000 / get("/more").length);
    const raw = client(what.startsWith("a body") ? post("/", 100_000_000) : get("/1"));
    for (let i = 0; i < 32; i++) raw.send(flood);
    await expect.poll(() => request?.socket.isPaused()).toBe(true);
    const { bytesRead } = (request as ClientRequest).socket;
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect((request as ClientRequest).socket.bytesRead).toBe(bytesRead);
    expect(bytesRead).toBeLessThan(300_000);
  },
);

it("answers thousands of pipelined requests in order, over a connection that had to be held back", async () => {
  const waiting: (() => void)[] = [];
  const { client } = await listen((request, side) => {
    const answer = (): void => say(side, `<${request.target}>`);
    if (request.target === "/0") waiting.push(answer);
    // Now at once, now later: both ways must keep the order.
    else if (Number(request.target.slice(1)) % 3 === 0) setImmediate(answer);
    else answer();
  });
  const count = 5_000;
  const raw = client(Array.from({ length: count }, (_, i) => get(`/${i}`)).join(""));
  await expect.poll(() => waiting.length).toBe(1);
  await expect.poll(() => raw.socket.writableLength).toBe(0);
  waiting[0]?.();
  await expect.poll(() => raw.received().includes(`</${count - 1}>`)).toBe(true);
  const targets = [...raw.received().matchAll(/<\/(\d+)>/g)].map((match) => Number(match[1]));
  expect(targets).toEqual(Array.from({ length: count }, (_, i) => i));
});

it.each([
  ["goes on", ""],
  ["lingers", "Connection: close\r\n"],
])("leaves the body to whoever takes it when the answer came early, and the connection %s", async (_how, more) => {
  const sink = new Taken();
  const { client } = await listen((request, side) => {
    if (request.target === "/2") return say(side, "two");
    request.readBody(sink);
    say(side, "early");
  });
  const raw = client(post("/1", 10, more));
  expect(await raw.until((received) => received.includes("early"))).toBe(true);
  raw.send("first");
  await expect.poll(() => sink.text).toBe("first");
  raw.send(`LAST!${get("/2")}`);
  await expect.poll(() => sink.whole).toBe(true);
  expect(sink.text).toBe("firstLAST!");
  if (more === "") expect(await raw.until((received) => received.includes("two"))).toBe(true);
  else raw.end();
  if (more !== "") expect(await raw.untilClosed()).toBe(true);
  expect(statuses(raw.received()).length).toBe(more === "" ? 2 : 1);
});

it.each([
  ["", 400],
  ["Connection: close\r\n", 400],
])(
  "gives up a body that was answered early when nobody takes it any more, and tells of the end (%j)",
  async (more, limitMs) => {
    let gone = false;
    let answered: ClientRequest | undefined;
    const { client, listener } = await listen(
      (request, side) => {
        request.watch({ onClientClosed: () => (gone = true) });
        request.readBody(new Taken());
        say(side, "early");
        answered = request;
      },
      { lingerMs: 60 },
    );
    const raw = client(post("/1", 10, more));
    await expect.poll(() => answered).toBeDefined();
    answered?.readBody(undefined);
    answered?.discardBody();
    expect(await raw.untilClosed(limitMs)).toBe(true);
    raw.destroy();
    await expect.poll(() => gone).toBe(true);
    await expect.poll(() => listener.connectionCount()).toBe(0);
  },
);

it("demands a body's least pace once its answer is over", async () => {
  const { client } = await listen(
    (request, side) => {
      request.readBody(new Taken());
      say(side, "early");
    },
    { bodyIdleTimeoutMs: 100, lingerMs: 50 },
  );
  const raw = client(post("/1", 1_000));
  const timer = setInterval(() => raw.send("x"), 20);
  stops.push(async () => clearInterval(timer));
  expect(await raw.untilClosed()).toBe(true);
  expect(statuses(raw.received())).toEqual(["200"]);
});

it("neither calls an answer sent nor starts the next request when the client was reset", async () => {
  const started: string[] = [];
  let gone = false;
  let answer: ClientSide | undefined;
  const { client } = await listen((request, side) => {
    started.push(request.target);
    request.watch({ onClientClosed: () => (gone = true) });
    answer = side;
    side.head(200, "OK", ["Content-Length", String(64 << 20)], { kind: "length", length: 64 << 20 });
    const part = Buffer.alloc(1 << 20);
    for (let i = 0; i < 64; i++) side.body(part, 0, part.length);
    side.end([]);
    side.onSent(() => started.push("sent"));
  });
  const raw = client(get("/1") + get("/2"));
  raw.socket.pause();
  await expect.poll(() => answer).toBeDefined();
  raw.reset();
  await expect.poll(() => gone).toBe(true);
  await new Promise((resolve) => setTimeout(resolve, 20));
  expect(answer?.sent).toBe(false);
  expect(started).toEqual(["/1"]);
});

it.each([
  ["a head", "GET /2 HTTP/1.1\r\nHost:"],
  ["a body", `${post("/2", 10)}abc`],
])("refuses %s that the client's end has cut, in its turn", async (_what, broken) => {
  const started: string[] = [];
  let answer: ClientSide | undefined;
  const { client } = await listen(
    (request, side) => {
      started.push(request.target);
      answer = side;
    },
    { halfCloseGraceMs: 2_000 },
  );
  const raw = client(get("/1") + broken);
  raw.end();
  await expect.poll(() => answer).toBeDefined();
  await new Promise((resolve) => setTimeout(resolve, 20));
  say(answer, "one");
  expect(await raw.untilClosed(1_000)).toBe(true);
  expect(statuses(raw.received())).toEqual(["200", "400"]);
  expect(started).toEqual(["/1"]);
});

it("says nothing more behind a refusal, whatever its handler still writes", async () => {
  let answer: ClientSide | undefined;
  const { client } = await listen((_request, side) => {
    answer = side;
  });
  const raw = client("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
  await expect.poll(() => answer).toBeDefined();
  raw.send("Z\r\n");
  await expect.poll(() => answer?.gone).toBe(true);
  answer?.information(103, ["Link", "</x>"]);
  say(answer, "late");
  raw.send("more");
  expect(await raw.untilClosed()).toBe(true);
  expect(raw.state()).toBe("ended");
  expect(statuses(raw.received())).toEqual(["400"]);
  expect(raw.received()).not.toContain("late");
});

it("opens no WebSocket while it drains", async () => {
  let upgrades = 0;
  const { client, listener } = await listen((_request, side) => say(side, "one"), {}, { onUpgrade: () => upgrades++ });
  const raw = client(get("/1"));
  await raw.until((received) => received.includes("one"));
  const drained = listener.drain(2_000);
  raw.send(get("/ws", `Connection: Upgrade\r\nUpgrade: websocket\r\n${WEBSOCKET_KEY}`));
  expect(await raw.untilClosed()).toBe(true);
  raw.destroy();
  expect(statuses(raw.received())).toEqual(["200", "503"]);
  expect(upgrades).toBe(0);
  expect(await drained).toEqual({ cut: 0 });
});

it.each([
  ["two Hosts", "OPTIONS /x HTTP/1.1\r\nHost: a\r\nHost: b\r\n"],
  ["no Host", "OPTIONS /x HTTP/1.1\r\n"],
  ["two lengths", "OPTIONS /x HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nTransfer-Encoding: chunked\r\n"],
  ["a control octet in the target", "OPTIONS /\x01 HTTP/1.1\r\nHost: a\r\n"],
])("does not answer OPTIONS as the last hop where the request has %s", async (_what, head) => {
  const { client } = await listen((_request, side) => sayLast(side, "screened", 400));
  const raw = client(`${head}Max-Forwards: 0\r\n\r\n`);
  expect(await raw.until((received) => received.includes("screened"))).toBe(true);
  expect(statuses(raw.received())).toEqual(["400"]);
});

it("closes a connection whose client does not read a finished answer, and spares one that reads slowly", async () => {
  const size = 8 << 20;
  const { client, listener } = await listen(
    (_request, side) => {
      side.head(200, "OK", ["Content-Length", String(size)], { kind: "length", length: size });
      const part = Buffer.alloc(1 << 20, "x");
      for (let i = 0; i < 8; i++) side.body(part, 0, part.length);
      side.end([]);
    },
    { keepAliveTimeoutMs: 300, headerTimeoutMs: 5_000 },
  );
  const slow = client(get("/slow"));
  const timer = setInterval(() => (slow.socket.isPaused() ? slow.socket.resume() : slow.socket.pause()), 20);
  stops.push(async () => clearInterval(timer));
  const blind = client(get("/blind"));
  blind.socket.pause();
  await expect.poll(() => listener.connectionCount()).toBe(2);
  await expect.poll(() => slow.received().length).toBeGreaterThan(size);
  await expect.poll(() => listener.connectionCount(), { timeout: 5_000 }).toBe(0);
  blind.socket.resume();
  expect(await blind.untilClosed()).toBe(true);
  expect(blind.received().length).toBeLessThan(size);
});
