import type { ConformanceCase, Observed, Verdict } from "../conformance-case.ts";
import { check, equal, every, forwardedOnce } from "../verdicts.ts";

const request = (method = "GET", fields = "", version = "1.1"): string =>
  `${method} /e HTTP/${version}\r\nHost: shop.example\r\n${fields}\r\n`;

function one(
  id: string,
  level: "must" | "should",
  title: string,
  origin: string,
  verdict: (observed: Observed) => Verdict,
  client = request(),
  answers = 1,
): ConformanceCase {
  return { id, area: "answers", level, title, client, origin, verdict, answers };
}

const bodiless = (observed: Observed, status: number): Verdict =>
  forwardedOnce(observed, (_request, answer) =>
    every(
      equal("status", answer.status, status),
      equal("octets behind the head", observed.raw.slice(observed.raw.lastIndexOf("\r\n\r\n") + 4), ""),
      equal("Transfer-Encoding", answer.all("transfer-encoding"), []),
    ),
  );
const whole = (observed: Observed, body: string): Verdict =>
  forwardedOnce(observed, (_request, answer) =>
    every(
      equal("body", answer.body, body),
      check(answer.complete || (answer.framing === "until-close" && observed.closed), "not complete"),
    ),
  );

const NEXT = request();

export const ANSWER_CASES: readonly ConformanceCase[] = [
  one(
    "an-01",
    "must",
    "HEAD with a length: the length passes, no body follows",
    "HTTP/1.1 200 OK\r\nContent-Length: 1234\r\n\r\n",
    (observed) =>
      every(bodiless(observed, 200), equal("Content-Length", observed.answers[0]?.all("content-length"), ["1234"])),
    request("HEAD"),
  ),
  one(
    "an-02",
    "must",
    "HEAD with chunked: no body follows",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    (observed) =>
      forwardedOnce(observed, (_request, answer) =>
        every(equal("status", answer.status, 200), equal("rest", observed.rest, "")),
      ),
    request("HEAD"),
  ),
  one(
    "an-03",
    "must",
    "HEAD without framing: no body is awaited",
    "HTTP/1.1 200 OK\r\nX: y\r\n\r\n",
    (observed) =>
      forwardedOnce(observed, (_request, answer) =>
        every(equal("status", answer.status, 200), equal("rest", observed.rest, "")),
      ),
    request("HEAD"),
  ),
  one(
    "an-04",
    "must",
    "HEAD and then GET on one connection",
    "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
    (observed) =>
      equal(
        "statuses",
        observed.answers.map((answer) => answer.status),
        [200, 200],
      ),
    `${request("HEAD")}${request("HEAD")}`,
    2,
  ),
  one("an-05", "must", "204 has neither body nor framing", "HTTP/1.1 204 No Content\r\n\r\n", (observed) =>
    every(bodiless(observed, 204), equal("Content-Length", observed.answers[0]?.all("content-length"), [])),
  ),
  one(
    "an-06",
    "must",
    "304 has no body, and keeps its validators",
    'HTTP/1.1 304 Not Modified\r\nETag: "x"\r\n\r\n',
    (observed) => every(bodiless(observed, 304), equal("ETag", observed.answers[0]?.field("etag"), '"x"')),
  ),
  one(
    "an-07",
    "must",
    "304 with the length of the representation: no body is awaited",
    "HTTP/1.1 304 Not Modified\r\nContent-Length: 1234\r\n\r\n",
    (observed) => bodiless(observed, 304),
  ),
  one(
    "an-08",
    "must",
    "a connection goes on behind a 304",
    "HTTP/1.1 304 Not Modified\r\n\r\n",
    (observed) =>
      equal(
        "statuses",
        observed.answers.map((answer) => answer.status),
        [304, 304],
      ),
    `${request()}${NEXT}`,
    2,
  ),
  one(
    "an-09",
    "must",
    "a connection goes on behind a 204",
    "HTTP/1.1 204 No Content\r\n\r\n",
    (observed) =>
      equal(
        "statuses",
        observed.answers.map((answer) => answer.status),
        [204, 204],
      ),
    `${request()}${NEXT}`,
    2,
  ),
  one("an-10", "must", "a body with a length", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", (observed) =>
    whole(observed, "hello"),
  ),
  one(
    "an-11",
    "must",
    "a chunked body",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2;x=y\r\nlo\r\n0\r\n\r\n",
    (observed) => whole(observed, "hello"),
  ),
  one(
    "an-12",
    "must",
    "an empty chunked body",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    (observed) => whole(observed, ""),
  ),
  {
    id: "an-13",
    area: "answers",
    level: "must",
    title: "a body that ends with the connection",
    client: request(),
    origin: (_request, connection) => connection.end("HTTP/1.1 200 OK\r\n\r\nhello"),
    verdict: (observed) => whole(observed, "hello"),
  },
  {
    id: "an-14",
    area: "answers",
    level: "must",
    title: "an answer of HTTP/1.0",
    client: request(),
    origin: (_request, connection) => connection.end("HTTP/1.0 200 OK\r\n\r\nhello"),
    verdict: (observed) =>
      every(
        whole(observed, "hello"),
        check(observed.raw.startsWith("HTTP/1.1 "), "the version is not the proxy's own"),
      ),
  },
  {
    id: "an-15",
    area: "answers",
    level: "should",
    title: "a body that ends with the connection does not end the client's",
    client: `${request()}${NEXT}`,
    answers: 2,
    origin: (_request, connection) => connection.end("HTTP/1.1 200 OK\r\n\r\nhello"),
    verdict: (observed) =>
      equal(
        "bodies",
        observed.answers.map((answer) => answer.body),
        ["hello", "hello"],
      ),
  },
  one(
    "an-16",
    "must",
    "an HTTP/1.0 client gets no chunks",
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    (observed) =>
      every(
        check(!/transfer-encoding/i.test(observed.raw), "chunked"),
        check(observed.raw.endsWith("\r\n\r\nhello"), "the body differs"),
        check(observed.closed, "not closed"),
      ),
    request("GET", "", "1.0"),
  ),
  one(
    "an-17",
    "must",
    "206 with its range passes",
    "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\nok",
    (observed) =>
      forwardedOnce(observed, (_request, answer) =>
        every(
          equal("status", answer.status, 206),
          equal("Content-Range", answer.field("content-range"), "bytes 0-1/9"),
          equal("body", answer.body, "ok"),
        ),
      ),
    request("GET", "Range: bytes=0-1\r\n"),
  ),
  one(
    "an-18",
    "must",
    "416 passes",
    "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */9\r\nContent-Length: 0\r\n\r\n",
    (observed) =>
      forwardedOnce(observed, (_request, answer) =>
        every(equal("status", answer.status, 416), equal("Content-Range", answer.field("content-range"), "bytes */9")),
      ),
    request("GET", "Range: bytes=99-\r\n"),
  ),
  one(
    "an-19",
    "must",
    "a multipart range passes octet for octet",
    "HTTP/1.1 206 Partial Content\r\nContent-Type: multipart/byteranges; boundary=B\r\nContent-Length: 14\r\n\r\n--B\r\n\r\na\r\n--B-",
    (observed) => whole(observed, "--B\r\n\r\na\r\n--B-"),
  ),
  one(
    "an-20",
    "must",
    "an empty field of an answer passes",
    "HTTP/1.1 200 OK\r\nX-Empty:\r\nContent-Length: 2\r\n\r\nok",
    (observed) => forwardedOnce(observed, (_request, answer) => equal("X-Empty", answer.all("x-empty"), [""])),
  ),
  one(
    "an-21",
    "must",
    "a redirect passes",
    "HTTP/1.1 301 Moved\r\nLocation: /there\r\nContent-Length: 0\r\n\r\n",
    (observed) =>
      forwardedOnce(observed, (_request, answer) =>
        every(equal("status", answer.status, 301), equal("Location", answer.field("location"), "/there")),
      ),
  ),
  one(
    "an-22",
    "must",
    "an answer to OPTIONS passes with Allow",
    "HTTP/1.1 204 No Content\r\nAllow: GET, POST\r\n\r\n",
    (observed) => forwardedOnce(observed, (_request, answer) => equal("Allow", answer.field("allow"), "GET, POST")),
    request("OPTIONS"),
  ),
  one(
    "an-23",
    "must",
    "a large head of an answer passes",
    `HTTP/1.1 200 OK\r\nX-Long: ${"v".repeat(12_000)}\r\nContent-Length: 2\r\n\r\nok`,
    (observed) =>
      forwardedOnce(observed, (_request, answer) => equal("length", answer.field("x-long")?.length, 12_000)),
  ),
  one(
    "an-24",
    "should",
    "205 passes without a body",
    "HTTP/1.1 205 Reset Content\r\nContent-Length: 0\r\n\r\n",
    (observed) => bodiless(observed, 205),
  ),
];
