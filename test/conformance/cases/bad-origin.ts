import type { ConformanceCase, Observed, Scene, Verdict } from "../conformance-case.ts";
import type { OriginBehaviour } from "../raw-origin.ts";
import { check, equal, every, show } from "../verdicts.ts";

const GET = "GET /b HTTP/1.1\r\nHost: shop.example\r\n\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const number = (prefix: string, index: number): string => `${prefix}-${String(index + 1).padStart(2, "0")}`;

type Row = readonly [title: string, answer: string];

/** Answers that no reader may take for one. */
const INVALID: readonly Row[] = [
  ["an SSH banner", "SSH-2.0-OpenSSH_9.2\r\n\r\n"],
  ["an SSH banner without an empty line", "SSH-2.0-OpenSSH_9.2\r\n"],
  ["an answer of HTTP/0.9", "<html>hello</html>"],
  ["HTTP/2.0 in the status line", "HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nok"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\nContent-Length: 2\r\n\r\nok"],
  ["a status that is no number", "HTTP/1.1 abc OK\r\nContent-Length: 2\r\n\r\nok"],
  ["a status of 999", "HTTP/1.1 999 Odd\r\nContent-Length: 2\r\n\r\nok"],
  ["two different lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\nok!"],
  ["a length that is no number", "HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\nok"],
  ["a negative length", "HTTP/1.1 200 OK\r\nContent-Length: -2\r\n\r\nok"],
  ["a list of lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2, 3\r\n\r\nok"],
  ["an unknown transfer coding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: cow\r\n\r\nok"],
  ["chunked not at the end", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n"],
  ["space before a colon", "HTTP/1.1 200 OK\r\nContent-Length : 2\r\n\r\nok"],
  ["a field without a colon", "HTTP/1.1 200 OK\r\nNonsense\r\nContent-Length: 2\r\n\r\nok"],
  ["NUL in a field", "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 2\r\n\r\nok"],
  ["a bare CR in a field", "HTTP/1.1 200 OK\r\nX: a\rSet-Cookie: evil=1\r\nContent-Length: 2\r\n\r\nok"],
  ["a head of 300 KB", `HTTP/1.1 200 OK\r\nX: ${"v".repeat(300_000)}\r\nContent-Length: 2\r\n\r\nok`],
];

/** Some readers repair these. What the client sees must then be one sound answer. */
const REPAIRABLE: readonly Row[] = [
  ["bare line feeds in the head", "HTTP/1.1 200 OK\nContent-Length: 2\n\nok"],
  ["a line fold", "HTTP/1.1 200 OK\r\nX: a\r\n b\r\nContent-Length: 2\r\n\r\nok"],
  [
    "a length and chunks",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
  ],
  ["two equal lengths", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 2\r\n\r\nok"],
  [
    "two chunked codings",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n",
  ],
];

/** Broken within the body: the head is out, so the connection must end without a sound end of the answer. */
const BROKEN_BODIES: readonly Row[] = [
  ["a body shorter than its length", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"],
  ["chunks without a last one", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"],
  ["a chunk cut in the middle", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n64\r\nhello"],
  [
    "a last chunk without the end of its trailers",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
  ],
];

const BAD_CHUNKS: readonly Row[] = [
  ["a chunk size that is no number", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nhello\r\n0\r\n\r\n"],
  ["a chunk longer than its size", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhello\r\n0\r\n\r\n"],
  [
    "a chunk size beyond 64 bits",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n10000000000000005\r\nhello\r\n0\r\n\r\n",
  ],
];

function one(
  id: string,
  level: "must" | "should",
  title: string,
  origin: OriginBehaviour,
  verdict: (observed: Observed) => Verdict,
  answers = 1,
  client = GET,
): ConformanceCase {
  return { id, area: "bad-origin", level, title, client, origin, verdict, answers };
}

function played(
  id: string,
  level: "must" | "should",
  title: string,
  play: (scene: Scene) => Promise<Verdict>,
): ConformanceCase {
  return { id, area: "bad-origin", level, title, play };
}

const statusIs =
  (status: number) =>
  (observed: Observed): Verdict =>
    equal(
      "statuses",
      observed.answers.map((answer) => answer.status),
      [status],
    );

/** Either 502, or an answer that visibly does not end. */
function notWhole(observed: Observed): Verdict {
  const [answer] = observed.answers;
  if (answer?.status === 502) return undefined;
  return every(
    check(answer?.complete !== true, `the broken answer looks complete: ${show(observed.raw)}`),
    check(answer?.framing !== "until-close", "the broken answer ends as if it were whole"),
    check(observed.closed, "the client is left waiting"),
  );
}

export const BAD_ORIGIN_CASES: readonly ConformanceCase[] = [
  ...INVALID.map(([title, answer], i) => one(number("bo", i), "must", `502: ${title}`, answer, statusIs(502))),
  ...REPAIRABLE.map(([title, answer], i) =>
    one(number("br", i), "must", `502, or one sound answer: ${title}`, answer, (observed) =>
      observed.answers[0]?.status === 502
        ? undefined
        : every(
            equal(
              "bodies",
              observed.answers.map(({ body }) => body),
              ["ok"],
            ),
            equal("rest", observed.rest, ""),
          ),
    ),
  ),
  ...BROKEN_BODIES.map(([title, answer], i) =>
    one(
      number("bb", i),
      "must",
      `does not look whole: ${title}`,
      (_request, connection) => connection.end(answer),
      notWhole,
    ),
  ),
  ...BROKEN_BODIES.map(([title, answer], i) =>
    one(
      number("bc", i),
      "must",
      `does not look whole when the origin resets: ${title}`,
      async (_request, connection) => {
        connection.write(answer);
        await new Promise((resolve) => setTimeout(resolve, 30));
        connection.reset();
      },
      notWhole,
    ),
  ),
  ...BAD_CHUNKS.map(([title, answer], i) =>
    one(number("bk", i), "must", `does not look whole: ${title}`, answer, notWhole),
  ),
  one(
    "bx-01",
    "must",
    "an origin that closes without a word: 502",
    (_request, connection) => connection.end(),
    statusIs(502),
  ),
  one("bx-02", "must", "an origin that resets: 502", (_request, connection) => connection.reset(), statusIs(502)),
  one(
    "bx-03",
    "must",
    "an origin that closes within its head: 502",
    (_request, connection) => connection.end("HTTP/1.1 200 OK\r\nContent-Le"),
    statusIs(502),
  ),
  one("bx-04", "must", "an origin that says nothing: 504", () => undefined, statusIs(504)),
  one(
    "bx-05",
    "must",
    "an origin that stops within its head: 504",
    (_request, connection) => connection.write("HTTP/1.1 200 OK\r\nX: "),
    statusIs(504),
  ),
  one(
    "bx-06",
    "must",
    "an origin that stops within its body: the client is cut off",
    (_request, connection) => connection.write("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\npart"),
    notWhole,
  ),
  played("bx-07", "must", "octets behind an answer never reach the next client", async ({ origin, connect }) => {
    origin.behave(`${OK}HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`);
    const first = connect(GET);
    await first.until((received) => received.endsWith("ok"));
    origin.behave(OK);
    const seen: string[] = [];
    for (let i = 0; i < 4; i++) {
      const client = connect(GET);
      await client.until((received) => received.includes("\r\n\r\n") && /ok$|poison$/.test(received));
      seen.push(client.received());
    }
    return every(
      check(!first.received().includes("poison"), "the first client got them"),
      check(
        seen.every((received) => received.endsWith("ok")),
        "a later client got them",
      ),
    );
  }),
  played("bx-08", "must", "octets that the origin sends unasked never reach a client", async ({ origin, connect }) => {
    origin.behave(async (request, connection) => {
      await request.whole();
      connection.write(OK);
      await new Promise((resolve) => setTimeout(resolve, 20));
      connection.write("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison");
    });
    await connect(GET).until((received) => received.endsWith("ok"));
    await new Promise((resolve) => setTimeout(resolve, 60));
    origin.behave(OK);
    const client = connect(GET);
    await client.until((received) => received.includes("\r\n\r\n") && /ok$|poison$/.test(received));
    return check(client.received().endsWith("ok"), `received ${show(client.received())}`);
  }),
  played(
    "bx-09",
    "must",
    "a body behind a HEAD's answer never reaches the next client",
    async ({ origin, connect }) => {
      origin.behave("HTTP/1.1 200 OK\r\nContent-Length: 38\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
      await connect(GET.replace("GET", "HEAD")).until((received) => received.includes("\r\n\r\n"));
      origin.behave(OK);
      const client = connect(GET);
      await client.until((received) => received.endsWith("ok"), 1_000);
      return check(client.received().endsWith("ok"), `received ${show(client.received())}`);
    },
  ),
  played("bx-10", "must", "a body behind a 204 or 304 never reaches the next client", async ({ origin, connect }) => {
    for (const status of ["204 No Content", "304 Not Modified"]) {
      origin.behave(`HTTP/1.1 ${status}\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison`);
      await connect(GET).until((received) => received.includes("\r\n\r\n"));
      origin.behave(OK);
      const client = connect(GET);
      await client.until((received) => /ok$|poison$/.test(received), 1_000);
      if (!client.received().endsWith("ok")) return `behind ${status}: ${show(client.received())}`;
    }
    return undefined;
  }),
  played(
    "bx-11",
    "must",
    "a GET whose reused connection has just died is answered all the same",
    async ({ origin, connect }) => {
      origin.behave(OK);
      await connect(GET).until((received) => received.endsWith("ok"));
      let deaths = 0;
      origin.behave(async (request, connection) => {
        if (deaths++ === 0) return connection.reset();
        await request.whole();
        connection.write(OK);
      });
      const client = connect(GET);
      await client.until((received) => received.includes("\r\n\r\n"));
      return check(client.received().endsWith("ok"), `received ${show(client.received())}`);
    },
  ),
  played("bx-12", "must", "a POST is never sent twice", async ({ origin, connect }) => {
    origin.behave(OK);
    await connect(GET).until((received) => received.endsWith("ok"));
    origin.behave((_request, connection) => connection.reset());
    const client = connect("POST /b HTTP/1.1\r\nHost: shop.example\r\nContent-Length: 2\r\n\r\nhi");
    await client.until((received) => received.includes("\r\n\r\n"));
    return every(
      equal("requests", origin.requests.length, 1),
      check(client.received().startsWith("HTTP/1.1 502 "), `received ${show(client.received())}`),
    );
  }),
  one(
    "bx-13",
    "should",
    "an answer given before the request was read is relayed",
    (_request, connection) => connection.end("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"),
    statusIs(200),
  ),
  one(
    "bx-14",
    "must",
    "an answer octet by octet is relayed whole",
    async (_request, connection) => {
      for (const octet of "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n") {
        connection.write(octet);
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
    (observed) =>
      equal(
        "body",
        observed.answers.map(({ body }) => body),
        ["hello"],
      ),
  ),
];
