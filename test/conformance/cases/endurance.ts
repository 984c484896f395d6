import { type Area, type ConformanceCase, readAnswers, type Scene, type Verdict } from "../conformance-case.ts";
import type { OriginConnection } from "../raw-origin.ts";
import { check, equal, every, show } from "../verdicts.ts";

/** Clients and origins that break off at every octet, or never stop. */

const HOST = "Host: shop.example\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const CHUNKED_HELLO = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX: y\r\n\r\n";
const get = (path = "/e", fields = "", version = "1.1"): string =>
  `GET ${path} HTTP/${version}\r\n${HOST}${fields}\r\n`;
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

function played(area: Area, id: string, title: string, play: (scene: Scene) => Promise<Verdict>): ConformanceCase {
  return { id, area, level: "must", title, play };
}

async function stillAlive({ origin, connect }: Scene): Promise<Verdict> {
  origin.behave("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nalive");
  const client = connect(get("/alive"));
  return check(await client.until((received) => received.endsWith("alive"), 3_000), "the proxy does not answer");
}

/** Lets the origin break off behind each octet of `answer` in turn; none of it may look whole to the client. */
async function brokenAtEachOctet(
  { connect, origin }: Scene,
  answer: string,
  breakOff: (connection: OriginConnection) => void,
): Promise<Verdict> {
  for (let length = 0; length < answer.length; length++) {
    origin.behave((_request, connection) => {
      connection.write(answer.slice(0, length));
      breakOff(connection);
    });
    const client = connect(get());
    const done = (received: string): boolean => readAnswers(received, []).answers.some(({ complete }) => complete);
    await client.until((received) => client.state() !== "open" || done(received));
    const [got] = readAnswers(client.received(), []).answers;
    if (got?.complete === true && got.status !== 502) return `behind ${length} octets: ${show(client.received())}`;
    if (got === undefined && client.state() === "open") return `behind ${length} octets the client is left waiting`;
    client.destroy();
  }
  return undefined;
}

export const ENDURANCE_CASES: readonly ConformanceCase[] = [
  played(
    "hostile-client",
    "en-01",
    "a client that sends requests without end and reads nothing is held back",
    async (scene) => {
      scene.origin.behave((_request, connection) =>
        connection.write(`HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n${"b".repeat(100_000)}`),
      );
      const client = scene.connect();
      client.socket.pause();
      const block = Buffer.from(get("/e").repeat(1_000));
      let sent = 0;
      const push = (): void => {
        while (sent < 1_000 && !client.socket.destroyed) {
          sent++;
          if (!client.socket.write(block)) return void client.socket.once("drain", push);
        }
      };
      push();
      await sleep(700);
      const before = sent;
      await sleep(200);
      client.reset();
      return every(check(sent === before, "it is read on and on"), await stillAlive(scene));
    },
  ),
  played("keep-alive", "en-02", "900 pipelined requests are all answered in order", async ({ connect, origin }) => {
    origin.behave((request, connection) =>
      connection.write(`HTTP/1.1 200 OK\r\nContent-Length: ${request.target.length}\r\n\r\n${request.target}`),
    );
    const paths = Array.from({ length: 900 }, (_, i) => `/${i}`);
    const client = connect(paths.map((path) => get(path)).join(""));
    await client.until((received) => received.endsWith("\r\n\r\n/899"), 8_000);
    return equal(
      "bodies",
      readAnswers(client.received(), []).answers.map(({ body }) => body),
      paths,
    );
  }),
  played(
    "hostile-client",
    "en-03",
    "a client that ends its side behind each octet of a request does no harm",
    async (scene) => {
      const request = `POST /e HTTP/1.1\r\n${HOST}Content-Length: 3\r\n\r\nabc`;
      for (let length = 0; length < request.length; length++) scene.connect(request.slice(0, length)).end();
      await sleep(150);
      const whole = scene.origin.requests.filter((each) => each.message().complete);
      return every(equal("requests that look whole", whole.length, 0), await stillAlive(scene));
    },
  ),
  played("bad-origin", "en-04", "an answer broken off at any octet by a reset does not look whole", (scene) =>
    brokenAtEachOctet(scene, OK, (connection) => connection.reset()),
  ),
  played("bad-origin", "en-05", "an answer broken off at any octet by an end does not look whole", (scene) =>
    brokenAtEachOctet(scene, OK, (connection) => connection.end()),
  ),
  played("bad-origin", "en-06", "a chunked answer broken off at any octet by an end does not look whole", (scene) =>
    brokenAtEachOctet(scene, CHUNKED_HELLO, (connection) => connection.end()),
  ),
  played(
    "bad-origin",
    "en-07",
    "a broken answer does not look whole to an HTTP/1.0 client: it is reset",
    async (scene) => {
      scene.origin.behave(async (_request, connection) => {
        connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n");
        await sleep(50);
        connection.end();
      });
      const client = scene.connect(get("/e", "", "1.0"));
      await client.untilClosed();
      const refused = client.received().includes(" 502 ");
      return check(refused || client.state() === "reset", `${client.state()} behind ${show(client.received())}`);
    },
  ),
  played("answers", "en-08", "a 204 goes on without the length that it must not have", async ({ connect, origin }) => {
    origin.behave("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n");
    const client = connect(get());
    await client.until((received) => received.includes("\r\n\r\n"));
    return check(!/content-length/i.test(client.received()), show(client.received()));
  }),
  played("interim", "en-09", "an interim answer goes on without a length", async ({ connect, origin }) => {
    origin.behave(`HTTP/1.1 103 Early Hints\r\nContent-Length: 5\r\nLink: </a>\r\n\r\n${OK}`);
    const client = connect(get());
    await client.until((received) => received.endsWith("ok"));
    const { answers, interim } = readAnswers(client.received(), []);
    return every(
      equal("answer", answers[0]?.status, 200),
      equal("length", interim[0]?.field("content-length"), undefined),
    );
  }),
  played(
    "hostile-client",
    "en-10",
    "600 requests that hang leave the others an answer, or 503 with Retry-After",
    async (scene) => {
      scene.origin.behave((request, connection) => request.target === "/fast" && connection.write(OK));
      for (let i = 0; i < 600; i++) scene.connect(get("/hang"));
      await sleep(200);
      const client = scene.connect(get("/fast"));
      await client.until((received) => received.includes("\r\n\r\n"), 3_000);
      const [answer] = readAnswers(client.received(), []).answers;
      if (answer?.status === 200) return undefined;
      return every(
        equal("status", answer?.status, 503),
        check(answer?.field("retry-after") !== undefined, "no Retry-After"),
      );
    },
  ),
  played(
    "hostile-client",
    "en-11",
    "a request line without end is refused with 414 or 431, or cut",
    async ({ connect }) => {
      const client = connect("GET /");
      for (let i = 0; i < 100 && client.state() === "open"; i++) {
        client.send("a".repeat(10_000));
        await sleep(5);
      }
      const { answers } = readAnswers(client.received(), []);
      return check(
        client.state() !== "open" && (answers.length === 0 || [414, 431].includes(answers[0]?.status ?? 0)),
        `${client.state()}: ${show(client.received())}`,
      );
    },
  ),
  played(
    "bad-origin",
    "en-12",
    "chunk extensions without end are not read without end",
    async ({ connect, origin }) => {
      origin.behave((_request, connection) =>
        connection.write(`HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5;${"a".repeat(1_000_000)}`),
      );
      const client = connect(get());
      const ended = (received: string): boolean => client.state() !== "open" || received.includes(" 502 ");
      return check(await client.until(ended, 900), "still open");
    },
  ),
  played("streaming", "en-13", "400 event streams at once each get their event", async ({ connect, origin }) => {
    origin.behave((_request, connection) =>
      connection.write("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n6\r\ndata: \r\n"),
    );
    const clients = Array.from({ length: 400 }, () => connect(get()));
    const got = await Promise.all(
      clients.map((client) => client.until((received) => received.includes("data: "), 4_000)),
    );
    return equal("streams", got.filter(Boolean).length, 400);
  }),
];
