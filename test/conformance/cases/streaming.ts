import { type ConformanceCase, readAnswers, type Scene, type Verdict } from "../conformance-case.ts";
import type { OriginConnection } from "../raw-origin.ts";
import { check, equal, every } from "../verdicts.ts";

const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const GET = "GET /s HTTP/1.1\r\nHost: shop.example\r\n\r\n";
const CHUNKED_HEAD = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
const upload = (fields: string): string => `POST /s HTTP/1.1\r\nHost: shop.example\r\n${fields}\r\n`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function played(
  id: string,
  level: "must" | "should",
  title: string,
  play: (scene: Scene) => Promise<Verdict>,
): ConformanceCase {
  return { id, area: "streaming", level, title, play };
}

/** Waits until the origin has a connection with a request on it. */
async function reached(scene: Scene): Promise<OriginConnection | undefined> {
  await scene.origin.until(() => scene.origin.requests.length > 0);
  return scene.origin.requests[0]?.connection;
}

const gone = (connection: OriginConnection | undefined, ms = 1_500): Promise<boolean> | false =>
  connection === undefined ? false : connection.until(() => connection.state() !== "open", ms);

export const STREAMING_CASES: readonly ConformanceCase[] = [
  played("st-01", "must", "the head of an answer arrives before its body", async ({ origin, connect }) => {
    origin.behave((_request, connection) => connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"));
    const client = connect(GET);
    return check(await client.until((received) => received.includes("\r\n\r\n"), 500), "the head waits for the body");
  }),
  played("st-02", "must", "an event arrives at once, and the next one too", async ({ origin, connect }) => {
    let upstream: OriginConnection | undefined;
    origin.behave((_request, connection) => {
      upstream = connection;
      connection.write(
        "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n9\r\ndata: 1\n\n\r\n",
      );
    });
    const client = connect(GET);
    if (!(await client.until((received) => received.includes("data: 1\n\n"), 500))) return "the first event is late";
    upstream?.write("9\r\ndata: 2\n\n\r\n");
    return check(await client.until((received) => received.includes("data: 2\n\n"), 500), "the second event is late");
  }),
  played("st-03", "must", "a part of a body with a length arrives at once", async ({ origin, connect }) => {
    origin.behave((_request, connection) => connection.write("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart"));
    const client = connect(GET);
    return check(await client.until((received) => received.endsWith("part"), 500), "the part is late");
  }),
  played("st-04", "should", "a part of an upload reaches the origin at once", async (scene) => {
    scene.connect(`${upload("Content-Length: 100\r\n")}part`);
    const upstream = await reached(scene);
    return check(
      (await upstream?.until(() => upstream.received().endsWith("part"), 500)) === true,
      "the part waits for the rest",
    );
  }),
  played("st-05", "should", "a chunk of an upload reaches the origin at once", async (scene) => {
    scene.connect(`${upload("Transfer-Encoding: chunked\r\n")}4\r\npart\r\n`);
    const upstream = await reached(scene);
    return check(
      (await upstream?.until(() => upstream.received().includes("part"), 500)) === true,
      "the chunk waits for the rest",
    );
  }),
  played("st-06", "must", "a client that leaves during a stream frees the origin within 1.5 s", async (scene) => {
    scene.origin.behave((_request, connection) => connection.write(`${CHUNKED_HEAD}1\r\nx\r\n`));
    const client = scene.connect(GET);
    if (!(await client.until((received) => received.includes("x\r\n")))) return "no stream";
    client.destroy();
    return check(await gone(scene.origin.requests[0]?.connection), "the origin's connection stayed open");
  }),
  played("st-07", "must", "a client that resets during a stream frees the origin", async (scene) => {
    scene.origin.behave((_request, connection) => connection.write(`${CHUNKED_HEAD}1\r\nx\r\n`));
    const client = scene.connect(GET);
    if (!(await client.until((received) => received.includes("x\r\n")))) return "no stream";
    client.reset();
    return check(await gone(scene.origin.requests[0]?.connection), "the origin's connection stayed open");
  }),
  played("st-08", "must", "a client that leaves before the answer frees the origin", async (scene) => {
    scene.origin.behave(() => undefined);
    const client = scene.connect(GET);
    const upstream = await reached(scene);
    client.destroy();
    return check(await gone(upstream), "the origin's connection stayed open");
  }),
  played(
    "st-09",
    "must",
    "a client that leaves within its upload: the origin does not take it for whole",
    async (scene) => {
      const client = scene.connect(`${upload("Content-Length: 100\r\n")}part`);
      const upstream = await reached(scene);
      client.destroy();
      await gone(upstream);
      await sleep(50);
      return every(
        check(scene.origin.requests[0]?.message().complete !== true, "the upload looks complete"),
        check(upstream === undefined || upstream.state() !== "open", "the origin's connection stayed open"),
      );
    },
  ),
  played("st-10", "must", "a client that leaves within a chunked upload: no last chunk is invented", async (scene) => {
    const client = scene.connect(`${upload("Transfer-Encoding: chunked\r\n")}4\r\npart\r\n`);
    const upstream = await reached(scene);
    client.destroy();
    await gone(upstream);
    return check(scene.origin.requests[0]?.message().complete !== true, "the upload looks complete");
  }),
  played("st-11", "must", "an early answer reaches the client while it still uploads", async ({ origin, connect }) => {
    origin.behave((_request, connection) => connection.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"));
    const client = connect(`${upload("Content-Length: 1000000\r\n")}part`);
    return check(
      await client.until((received) => received.startsWith("HTTP/1.1 403 ") && received.endsWith("no"), 1_000),
      "the answer is late",
    );
  }),
  played(
    "st-12",
    "must",
    "an early answer and a close reach a client that keeps sending",
    async ({ origin, connect }) => {
      origin.behave((_request, connection) =>
        connection.end("HTTP/1.1 413 Too Large\r\nConnection: close\r\nContent-Length: 2\r\n\r\nno"),
      );
      const client = connect(upload("Content-Length: 50000000\r\n"));
      for (let i = 0; i < 8; i++) client.send(Buffer.alloc(1 << 20));
      const came = await client.until((received) => received.includes(" 413 ") && received.endsWith("no"));
      return every(
        check(came, `received ${client.received().slice(0, 80)}`),
        check(client.state() !== "reset", "the client was reset"),
      );
    },
  ),
  played("st-13", "must", "an upload of two megabytes arrives whole", async ({ origin, connect }) => {
    origin.behave(async (request, connection) => {
      if (await request.whole(8_000)) connection.write(OK);
    });
    const body = Buffer.alloc(2 << 20, "0123456789abcdef");
    const client = connect(upload(`Content-Length: ${body.length}\r\n`));
    client.send(body);
    const done = await client.until((received) => received.endsWith("ok"), 8_000);
    return every(
      check(done, "no answer"),
      check(origin.requests[0]?.message().body === body.toString("latin1"), "the body differs"),
    );
  }),
  played(
    "st-14",
    "must",
    "a download of two megabytes arrives whole at a client that pauses",
    async ({ origin, connect }) => {
      const body = "0123456789abcdef".repeat(1 << 17);
      origin.behave((_request, connection) =>
        connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`),
      );
      const client = connect(GET);
      client.socket.pause();
      await sleep(150);
      client.socket.resume();
      await client.until((received) => received.endsWith(body), 6_000);
      return check(readAnswers(client.received(), ["GET"]).answers[0]?.body === body, "the body differs");
    },
  ),
  played("st-15", "must", "a client that does not read slows the origin down", async ({ origin, connect }) => {
    let written = 0;
    let upstream: OriginConnection | undefined;
    const block = Buffer.alloc(1 << 16);
    origin.behave((_request, connection) => {
      upstream = connection;
      connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${1 << 30}\r\n\r\n`);
      const push = (): void => {
        while (!connection.socket.destroyed && written < 1 << 28) {
          written += block.length;
          if (!connection.socket.write(block)) return void connection.socket.once("drain", push);
        }
      };
      push();
    });
    const client = connect(GET);
    client.socket.pause();
    await sleep(500);
    upstream?.socket.destroy();
    return check(written < 64 << 20, `${written >> 20} MB were taken from the origin`);
  }),
  played("st-16", "must", "an origin that does not read slows the client down", async ({ origin, connect }) => {
    origin.behave((_request, connection) => void connection.socket.pause());
    const client = connect(upload(`Content-Length: ${1 << 30}\r\n`));
    let sent = 0;
    const block = Buffer.alloc(1 << 16);
    const push = (): void => {
      while (!client.socket.destroyed && sent < 1 << 28) {
        sent += block.length;
        if (!client.socket.write(block)) return void client.socket.once("drain", push);
      }
    };
    push();
    await sleep(500);
    return check(sent < 64 << 20, `${sent >> 20} MB were taken from the client`);
  }),
  played("st-17", "must", "a client that half-closes gets its answer", async ({ origin, connect }) => {
    origin.behave(async (_request, connection) => {
      await sleep(100);
      connection.write(OK);
    });
    const client = connect(GET);
    client.end();
    return check(await client.until((received) => received.endsWith("ok"), 1_000), "no answer");
  }),
  played(
    "st-18",
    "must",
    "both directions at once: the answer streams while the upload runs",
    async ({ origin, connect }) => {
      origin.behave(async (request, connection) => {
        connection.write(CHUNKED_HEAD);
        if (await request.whole(4_000)) connection.write("4\r\ndone\r\n0\r\n\r\n");
      });
      const client = connect(`${upload("Transfer-Encoding: chunked\r\n")}4\r\npart\r\n`);
      if (!(await client.until((received) => received.includes("\r\n\r\n"), 1_000))) return "no early head";
      client.send("4\r\npart\r\n0\r\n\r\n");
      const done = await client.until((received) => received.endsWith("done\r\n0\r\n\r\n"));
      return every(
        check(done, "the answer did not end"),
        equal("body", origin.requests[0]?.message().body, "partpart"),
      );
    },
  ),
];
