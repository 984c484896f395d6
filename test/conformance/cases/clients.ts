import { type Area, type ConformanceCase, readAnswers, type Scene, type Verdict } from "../conformance-case.ts";
import { check, equal, every, show } from "../verdicts.ts";

const get = (path = "/k", fields = "", version = "1.1"): string =>
  `GET ${path} HTTP/${version}\r\nHost: shop.example\r\n${fields}\r\n`;
const post = (path: string, body: string): string =>
  `POST ${path} HTTP/1.1\r\nHost: shop.example\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function played(
  area: Area,
  id: string,
  level: "must" | "should",
  title: string,
  play: (scene: Scene) => Promise<Verdict>,
): ConformanceCase {
  return { id, area, level, title, play };
}

const hostile = played.bind(undefined, "hostile-client");
const kept = played.bind(undefined, "keep-alive");

async function stillAlive({ origin, connect }: Scene): Promise<Verdict> {
  origin.behave("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalive");
  const client = connect(get("/alive"));
  return check(await client.until((received) => received.endsWith("alive")), "the proxy does not answer any more");
}

/** Answers each request with its own path. */
const ECHO = async (
  request: { target: string; whole(): Promise<boolean> },
  connection: { write(octets: string): void },
): Promise<void> => {
  if (await request.whole())
    connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${request.target.length}\r\n\r\n${request.target}`);
};

const bodies = (received: string, methods: readonly string[]): string[] =>
  readAnswers(received, methods).answers.map(({ body }) => body);

export const CLIENT_CASES: readonly ConformanceCase[] = [
  hostile("hc-01", "must", "a client that dribbles its head is cut off in time", async ({ connect }) => {
    const client = connect("GET /h HTTP/1.1\r\nHost: shop.example\r\nX: ");
    const timer = setInterval(() => client.send("a"), 100);
    const closed = await client.untilClosed(4_000);
    clearInterval(timer);
    return check(closed, "still open after 4 s");
  }),
  hostile(
    "hc-02",
    "must",
    "a client that stalls in its body is cut off in time, and so is the origin",
    async (scene) => {
      const client = scene.connect("POST /h HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 10\r\n\r\nabc");
      const closed = await client.untilClosed(4_000);
      const connection = scene.origin.requests[0]?.connection;
      const freed = connection === undefined || (await connection.until(() => connection.state() !== "open"));
      return every(check(closed, "still open after 4 s"), check(freed, "the origin's connection stayed open"));
    },
  ),
  hostile("hc-03", "must", "a client that says nothing is closed in time", async ({ connect }) => {
    const client = connect();
    return check(await client.untilClosed(4_000), "still open after 4 s");
  }),
  hostile("hc-04", "must", "a head of 200 KB is refused with 431 or 400", async ({ connect, origin }) => {
    const client = connect(get("/h", `X: ${"a".repeat(200_000)}\r\n`));
    await client.until((received) => received.includes("\r\n\r\n"));
    return every(
      check(/^HTTP\/1\.1 (?:431|400|413) /.test(client.received()), show(client.received())),
      equal("requests", origin.requests.length, 0),
    );
  }),
  hostile("hc-05", "must", "5,000 fields are refused", async ({ connect, origin }) => {
    const client = connect(get("/h", "X: 1\r\n".repeat(5_000)));
    await client.until((received) => received.includes("\r\n\r\n"));
    return every(
      check(client.received().startsWith("HTTP/1.1 4"), show(client.received())),
      equal("requests", origin.requests.length, 0),
    );
  }),
  hostile("hc-06", "must", "a second Content-Length behind 1,200 fields does not hide", async ({ connect, origin }) => {
    const client = connect(
      `POST /h HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 5\r\n${"X:1\r\n".repeat(1_200)}Content-Length: 50\r\n\r\nhello`,
    );
    await client.until((received) => received.includes("\r\n\r\n"));
    return every(
      check(!client.received().startsWith("HTTP/1.1 2"), "accepted"),
      equal("requests", origin.requests.length, 0),
    );
  }),
  hostile("hc-07", "must", "octets of chance do not kill", async (scene) => {
    for (let i = 0; i < 20; i++) {
      const octets = Buffer.from(Array.from({ length: 400 }, (_, k) => (k * 7919 + i * 104_729) % 256));
      scene.connect(octets.toString("latin1"));
    }
    await sleep(50);
    return stillAlive(scene);
  }),
  hostile("hc-08", "must", "clients that reset at every moment do not kill", async (scene) => {
    for (const octets of [
      "G",
      "GET /h HT",
      "GET /h HTTP/1.1\r\nHost: a",
      get("/h"),
      `${get("/h")}${get("/h")}`,
      "POST /h HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nab",
    ]) {
      const client = scene.connect(octets);
      await sleep(5);
      client.reset();
    }
    await sleep(50);
    return stillAlive(scene);
  }),
  hostile(
    "hc-09",
    "must",
    "a client that leaves while the origin is slow does not harm the next one",
    async (scene) => {
      scene.origin.behave(async (_request, connection) => {
        await sleep(60);
        connection.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nfirst");
      });
      const leaver = scene.connect(get("/first"));
      await scene.origin.until(() => scene.origin.requests.length === 1);
      leaver.reset();
      await sleep(100);
      return stillAlive(scene);
    },
  ),
  hostile(
    "hc-10",
    "must",
    "a refused request's body is not taken for the next request",
    async ({ connect, origin }) => {
      const hidden = get("/smuggled");
      const client = connect(`POST /h HTTP/1.1\r\nHost: a b\r\nContent-Length: ${hidden.length}\r\n\r\n${hidden}`);
      await client.until((received) => received.includes("\r\n\r\n"));
      await sleep(50);
      return every(
        equal("requests", origin.requests.length, 0),
        equal("answers", readAnswers(client.received(), ["POST"]).answers.length, 1),
      );
    },
  ),
  hostile("hc-11", "must", "what follows a malformed request is not served", async ({ connect, origin }) => {
    const client = connect(`GET /bad HTTP/1.1\r\nHost: shop.example\r\nBad Field: x\r\n\r\n${get("/smuggled")}`);
    await client.until((received) => received.includes("\r\n\r\n"));
    await sleep(50);
    return equal("requests", origin.requests.length, 0);
  }),
  hostile("hc-12", "must", "an early answer to an unread body does not turn the body into requests", async (scene) => {
    scene.origin.behave((_request, connection) =>
      connection.write("HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno"),
    );
    const hidden = get("/smuggled");
    const client = scene.connect(`POST /h HTTP/1.1\r\nHost: shop.example\r\nContent-Length: ${hidden.length}\r\n\r\n`);
    await client.until((received) => received.includes("403"));
    client.send(hidden);
    await sleep(80);
    return check(!scene.origin.requests.some(({ target }) => target === "/smuggled"), "the body became a request");
  }),
  hostile("hc-13", "should", "a slow head is told 408, or closed", async ({ connect }) => {
    const client = connect("GET /h HTTP/1.1\r\nHost: shop");
    await client.untilClosed(4_000);
    return check(client.received() === "" || client.received().startsWith("HTTP/1.1 408 "), show(client.received()));
  }),
  hostile("hc-14", "must", "500 connections at once are all answered", async ({ connect, origin }) => {
    origin.behave(ECHO);
    const clients = Array.from({ length: 500 }, (_, i) => connect(get(`/n${i}`)));
    const all = await Promise.all(
      clients.map((client, i) => client.until((received) => received.endsWith(`/n${i}`), 8_000)),
    );
    return equal("answered", all.filter(Boolean).length, 500);
  }),
  kept("ka-01", "must", "a connection serves a second request", async ({ connect, origin }) => {
    origin.behave(ECHO);
    const client = connect(get("/1"));
    await client.until((received) => received.endsWith("/1"));
    client.send(get("/2"));
    return check(await client.until((received) => received.endsWith("/2")), "no second answer");
  }),
  kept("ka-02", "must", "pipelined requests are answered in order", async ({ connect, origin }) => {
    origin.behave(async (request, connection) => {
      await sleep(request.target === "/1" ? 80 : 1);
      await ECHO(request, connection);
    });
    const client = connect(get("/1") + get("/2") + get("/3"));
    await client.until((received) => bodies(received, []).length === 3);
    return equal("bodies", bodies(client.received(), []), ["/1", "/2", "/3"]);
  }),
  kept(
    "ka-03",
    "must",
    "a pipelined request that is not safe waits for the answer before it",
    async ({ connect, origin }) => {
      let answered = false;
      let early = false;
      origin.behave(async (request, connection) => {
        if (request.target === "/2" && !answered) early = true;
        await sleep(request.target === "/1" ? 80 : 1);
        answered = true;
        await ECHO(request, connection);
      });
      const client = connect(post("/1", "a") + post("/2", "b"));
      await client.until((received) => bodies(received, []).length === 2);
      return every(
        equal("bodies", bodies(client.received(), []), ["/1", "/2"]),
        check(!early, "the second overtook the first"),
      );
    },
  ),
  kept("ka-04", "must", "200 pipelined requests are all answered in order", async ({ connect, origin }) => {
    origin.behave(ECHO);
    const paths = Array.from({ length: 200 }, (_, i) => `/${i}`);
    const client = connect(paths.map((path) => get(path)).join(""));
    await client.until((received) => received.endsWith("\r\n\r\n/199"), 8_000);
    return equal("bodies", bodies(client.received(), []), paths);
  }),
  kept("ka-05", "must", "Connection: close ends the connection behind its answer", async ({ connect, origin }) => {
    origin.behave(ECHO);
    const client = connect(get("/1", "Connection: close\r\n") + get("/2"));
    const closed = await client.untilClosed(1_500);
    return every(check(closed, "still open"), equal("bodies", bodies(client.received(), []), ["/1"]));
  }),
  kept("ka-06", "must", "HTTP/1.0 without keep-alive ends behind its answer", async ({ connect, origin }) => {
    origin.behave(ECHO);
    const client = connect(get("/1", "", "1.0"));
    return check(await client.untilClosed(1_500), "still open");
  }),
  kept("ka-07", "must", "a body with a length ends where it says", async ({ connect, origin }) => {
    origin.behave(ECHO);
    const client = connect(`${post("/1", "hello")}${get("/2")}`);
    await client.until((received) => received.endsWith("/2"));
    return every(
      equal("bodies", bodies(client.received(), []), ["/1", "/2"]),
      equal("body", origin.requests[0]?.message().body, "hello"),
    );
  }),
  kept("ka-08", "must", "an empty line between requests is passed over", async ({ connect, origin }) => {
    origin.behave(ECHO);
    const client = connect(`${post("/1", "hello")}\r\n${get("/2")}`);
    await client.until((received) => received.endsWith("/2"));
    return equal("bodies", bodies(client.received(), []), ["/1", "/2"]);
  }),
  kept("ka-09", "should", "connections to the origin are reused", async ({ connect, origin }) => {
    origin.behave(ECHO);
    for (let i = 0; i < 5; i++) await connect(get(`/${i}`)).until((received) => received.endsWith(`/${i}`));
    return check(
      new Set(origin.requests.map(({ connection }) => connection.number)).size < 5,
      "a connection for each request",
    );
  }),
  kept("ka-10", "must", "a connection that the origin closes is not used again", async ({ connect, origin }) => {
    origin.behave(async (request, connection) => {
      await request.whole();
      connection.end("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok");
    });
    for (let i = 0; i < 3; i++) {
      const client = connect(get(`/${i}`));
      if (!(await client.until((received) => received.endsWith("ok"))))
        return `request ${i}: ${show(client.received())}`;
    }
    return equal("connections", new Set(origin.requests.map(({ connection }) => connection.number)).size, 3);
  }),
  kept("ka-11", "must", "answers of two clients at once do not mix", async ({ connect, origin }) => {
    origin.behave(async (request, connection) => {
      await sleep(Number(request.target.slice(1)) % 7);
      await ECHO(request, connection);
    });
    const clients = Array.from({ length: 60 }, (_, i) => ({ i, client: connect(get(`/${i}`)) }));
    const own = await Promise.all(
      clients.map(({ i, client }) => client.until((received) => received.endsWith(`\r\n\r\n/${i}`))),
    );
    return equal("own answers", own.filter(Boolean).length, 60);
  }),
  kept("ka-12", "must", "a request in single octets is one request", async ({ connect, origin }) => {
    origin.behave(ECHO);
    const client = connect();
    client.socket.setNoDelay(true);
    for (const octet of post("/1", "hello")) {
      client.send(octet);
      await new Promise((resolve) => setImmediate(resolve));
    }
    await client.until((received) => received.endsWith("/1"));
    return every(
      equal("requests", origin.requests.length, 1),
      equal("body", origin.requests[0]?.message().body, "hello"),
    );
  }),
  hostile("hc-15", "must", "a client that never reads its answer is cut off, and the origin freed", async (scene) => {
    scene.origin.behave((_request, connection) => {
      connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${1 << 27}\r\n\r\n`);
      connection.socket.write(Buffer.alloc(1 << 27));
    });
    const client = scene.connect(get("/h"));
    client.socket.pause();
    await scene.origin.until(() => scene.origin.requests.length === 1);
    const connection = scene.origin.requests[0]?.connection;
    const freed = await connection?.until(() => connection.state() !== "open", 6_000);
    return check(freed === true, "the origin's connection is still open after 6 s");
  }),
  kept(
    "ka-13",
    "must",
    "200 pipelined requests of a client that half-closes are all answered",
    async ({ connect, origin }) => {
      origin.behave(ECHO);
      const paths = Array.from({ length: 200 }, (_, i) => `/${i}`);
      const client = connect(paths.map((path) => get(path)).join(""));
      client.end();
      await client.until((received) => received.endsWith("\r\n\r\n/199"), 8_000);
      return equal("bodies", bodies(client.received(), []), paths);
    },
  ),
  kept(
    "ka-14",
    "must",
    "a connection with an unfinished upload on it is not used for another request",
    async (scene) => {
      scene.origin.behave((_request, connection) => connection.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
      const first = scene.connect("POST /1 HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 1000\r\n\r\npart");
      await first.until((received) => received.endsWith("ok"));
      const second = scene.connect(get("/2"));
      const came = await second.until((received) => received.endsWith("ok"));
      const [one, two] = scene.origin.requests;
      return every(
        check(came, "the second was not answered"),
        check(one?.connection.number !== two?.connection.number, "it was used"),
      );
    },
  ),
  kept(
    "ka-15",
    "must",
    "an HTTP/1.0 client with keep-alive learns the end of a chunked answer",
    async ({ connect, origin }) => {
      origin.behave("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n");
      const client = connect(get("/1", "Connection: keep-alive\r\n", "1.0"));
      const closed = await client.untilClosed(1_200);
      const received = client.received();
      return every(
        check(received.endsWith("\r\n\r\nhello"), show(received)),
        check(closed || /content-length: *5\r\n/i.test(received), "neither a length nor a close"),
      );
    },
  ),
];
