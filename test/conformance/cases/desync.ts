import { type Area, type ConformanceCase, readAnswers, type Scene, type Verdict } from "../conformance-case.ts";
import { check, equal, every, forwardedOnce, refused, refusedOrClosed, refusedOrOne, show } from "../verdicts.ts";

/** Ways to make two readers disagree about where a message ends, as published between 2005 and 2025. */

const HOST = "Host: shop.example\r\n";
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: evil.example\r\n\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
const number = (prefix: string, index: number): string => `${prefix}-${String(index + 1).padStart(2, "0")}`;
const post = (fields: string, body = "", method = "POST"): string =>
  `${method} /d HTTP/1.1\r\n${HOST}${fields}\r\n${body}`;
const get = (fields = "", path = "/d", version = "1.1"): string =>
  `GET ${path} HTTP/${version}\r\n${HOST}${fields}\r\n`;

/** Next to a length each of these is an attack; alone it is a coding that nobody can read the same way. */
const ODD_CODINGS: readonly (readonly [title: string, line: string])[] = [
  ["a form feed", "Transfer-Encoding: \x0cchunked"],
  ["a vertical tab behind", "Transfer-Encoding: chunked\x0b"],
  ["NUL behind", "Transfer-Encoding: chunked\0"],
  ["a parameter", "Transfer-Encoding: chunked;q=1"],
  ["a comma behind", "Transfer-Encoding: chunked,"],
  ["half the word", "Transfer-Encoding: chunk"],
  ["a suffix", "Transfer-Encoding: chunked-x"],
  ["a no-break space before", "Transfer-Encoding: \xa0chunked"],
  ["a no-break space behind", "Transfer-Encoding: chunked\xa0"],
  ["behind a bare CR", "X: y\rTransfer-Encoding: chunked"],
  ["behind a bare LF", "X: y\nTransfer-Encoding: chunked"],
  ["folded behind a field", "X: y\r\n Transfer-Encoding: chunked"],
];

const BAD_CHUNKS: readonly (readonly [title: string, body: string])[] = [
  ["the last chunk ends in bare line feeds", "5\r\nhello\r\n0\n\n"],
  ["the trailers end in a bare line feed", "5\r\nhello\r\n0\r\n\n"],
  ["an empty extension hides a line feed (TERM.EXT)", `2;\nxx\r\n4c\r\n0\r\n\r\n${SMUGGLED}0\r\n\r\n`],
  ["a bare CR within an extension", "5;a\rb\r\nhello\r\n0\r\n\r\n"],
  ["a CR and another octet behind the data", "5\r\nhello\rX0\r\n\r\n"],
  ["a folded trailer", "0\r\nX: a\r\n b\r\n\r\n"],
  ["a trailer with space before its colon", "0\r\nX : a\r\n\r\n"],
  ["a trailer with NUL", "0\r\nX: a\0\r\n\r\n"],
  ["a trailer with a bare CR", "0\r\nX: a\rb\r\n\r\n"],
  ["a request in place of trailers", `0\r\n${SMUGGLED}`],
  ["white space before the first trailer", "0\r\n X: a\r\n\r\n"],
];

const ODD_LINES: readonly (readonly [title: string, octets: string])[] = [
  ["a second request line within the first", `GET /a HTTP/1.1 /smuggled HTTP/1.1\r\n${HOST}\r\n`],
  ["a space behind the version", `GET /d HTTP/1.1 \r\n${HOST}\r\n`],
  ["a space before the method", ` GET /d HTTP/1.1\r\n${HOST}\r\n`],
  ["HTTP/01.1", `GET /d HTTP/01.1\r\n${HOST}\r\n`],
  ["HTTP/1.", `GET /d HTTP/1.\r\n${HOST}\r\n`],
  ["RTSP/1.0", `GET /d RTSP/1.0\r\n${HOST}\r\n`],
  ["ICE/1.0", `SOURCE /d ICE/1.0\r\n${HOST}\r\n`],
  ["a request of HTTP/0.9", "GET /d\r\n"],
  ["a target that begins with @", `GET @evil.example/ HTTP/1.1\r\n${HOST}\r\n`],
  ["a target that begins with a port", `GET :80/ HTTP/1.1\r\n${HOST}\r\n`],
  ["an absolute target with one slash", `GET http:/a HTTP/1.1\r\n${HOST}\r\n`],
  ["an absolute target with a port beyond 65,535", `GET http://a.example:99999/ HTTP/1.1\r\n${HOST}\r\n`],
  ["CONNECT with a path", `CONNECT /d HTTP/1.1\r\n${HOST}\r\n`],
  ["a head that ends in CRLF, CR and another octet", `GET /d HTTP/1.1\r\n${HOST}\rX: y\r\n\r\n`],
  ["a head of bare CRs", "GET /d HTTP/1.1\r\rHost: a\r\r"],
  ["a field name with a brace", `GET /d HTTP/1.1\r\n${HOST}X{Y: z\r\n\r\n`],
  ["a field name with an octet beyond ASCII", `GET /d HTTP/1.1\r\n${HOST}X\xe9: z\r\n\r\n`],
  ["an escape character in a value", `GET /d HTTP/1.1\r\n${HOST}X: \x1b[31m\r\n\r\n`],
];

/** What is refused with 400 leaves it in doubt what the next request would be. */
const CLOSING: readonly (readonly [title: string, octets: string])[] = [
  ["* with GET", `GET * HTTP/1.1\r\n${HOST}\r\n`],
  ["another scheme", `GET ftp://a.example/ HTTP/1.1\r\n${HOST}\r\n`],
  ["user information", `GET http://u@a.example/ HTTP/1.1\r\n${HOST}\r\n`],
  ["a list of hosts", "GET /d HTTP/1.1\r\nHost: a, b\r\n\r\n"],
];

const EXPECTATIONS: readonly (readonly [title: string, octets: string])[] = [
  ["an obfuscated expectation", post("Expect: y 100-continue\r\nContent-Length: 5\r\n", "hello")],
  ["an expectation and another", post("Expect: 100-continue, x\r\nContent-Length: 5\r\n", "hello")],
  ["two Expect fields", post("Expect: 100-continue\r\nExpect: x\r\nContent-Length: 5\r\n", "hello")],
  ["an expectation without a body", get("Expect: 100-continue\r\n")],
  ["a folded expectation", post("Expect:\r\n 100-continue\r\nContent-Length: 5\r\n", "hello")],
];

const octetCase = (
  head: Pick<ConformanceCase, "id" | "area" | "title">,
  client: string,
  verdict: Extract<ConformanceCase, { verdict: unknown }>["verdict"],
): ConformanceCase => ({ ...head, level: "must", client, verdict });

function played(area: Area, id: string, title: string, play: (scene: Scene) => Promise<Verdict>): ConformanceCase {
  return { id, area, level: "must", title, play };
}

const neverReached = ({ origin }: Scene): Verdict =>
  check(!origin.requests.some(({ target }) => target === "/smuggled"), "the smuggled request reached the origin");

export const DESYNC_CASES: readonly ConformanceCase[] = [
  ...ODD_CODINGS.flatMap(([title, line], i) => [
    octetCase(
      { id: number("da", i), area: "framing", title: `refused: Transfer-Encoding with ${title}` },
      post(`${line}\r\n`, "0\r\n\r\n"),
      (observed) => refusedOrClosed(observed, 400, 501),
    ),
    octetCase(
      { id: number("db", i), area: "framing", title: `refused: a length, and Transfer-Encoding with ${title}` },
      post(`Content-Length: 5\r\n${line}\r\n`, `0\r\n\r\n${SMUGGLED}`),
      (observed) => refusedOrClosed(observed, 400, 501),
    ),
  ]),
  ...BAD_CHUNKS.map(([title, body], i) =>
    octetCase({ id: number("dc", i), area: "framing", title: `refused: ${title}` }, post(CHUNKED, body), (observed) =>
      refusedOrClosed(observed, 400, 413, 431),
    ),
  ),
  ...ODD_LINES.map(([title, octets], i) =>
    octetCase({ id: number("dl", i), area: "request-line", title: `refused: ${title}` }, octets, (observed) =>
      refusedOrClosed(observed, 400, 408, 501, 505),
    ),
  ),
  ...CLOSING.map(([title, octets], i) =>
    octetCase(
      { id: number("dk", i), area: "request-line", title: `nothing is served behind a refused ${title}` },
      octets + get("", "/smuggled"),
      (observed) => every(refused(observed, 400), check(observed.closed, "the connection stays open")),
    ),
  ),
  ...EXPECTATIONS.map(([title, octets], i) =>
    octetCase(
      { id: number("de", i), area: "interim", title: `refused, or one request: ${title}` },
      octets,
      (observed) => refusedOrOne(observed),
    ),
  ),
  played(
    "interim",
    "de-06",
    "an early answer to an expectation ends the connection, or waits for the body",
    async (scene) => {
      scene.origin.behave((_request, connection) => connection.write(OK));
      const client = scene.connect(post(`Expect: 100-continue\r\nContent-Length: ${SMUGGLED.length}\r\n`));
      await client.until((received) => received.endsWith("ok"));
      client.send(SMUGGLED);
      await client.untilClosed(300);
      const { answers } = readAnswers(client.received(), ["POST"]);
      return every(neverReached(scene), equal("answers", answers.length, 1));
    },
  ),
  octetCase(
    { id: "de-07", area: "framing", title: "an upgrade to h2c with a body is one plain request, without the upgrade" },
    post(
      "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMA\r\nContent-Length: 5\r\n",
      "hello",
    ),
    (observed) =>
      forwardedOnce(observed, (request) =>
        every(
          equal("body", request.message().body, "hello"),
          equal("Upgrade", request.field("upgrade"), undefined),
          equal("HTTP2-Settings", request.field("http2-settings"), undefined),
        ),
      ),
  ),
  octetCase(
    { id: "de-08", area: "framing", title: "an upgrade with a chunked body is one plain request, without the upgrade" },
    post(`Connection: Upgrade\r\nUpgrade: h2c\r\n${CHUNKED}`, "5\r\nhello\r\n0\r\n\r\n"),
    (observed) => forwardedOnce(observed, (request) => equal("body", request.message().body, "hello")),
  ),
  played(
    "keep-alive",
    "de-09",
    "each request on a connection is judged by its own Host",
    async ({ connect, origin }) => {
      const client = connect("GET /1 HTTP/1.1\r\nHost: a.example\r\n\r\n");
      await client.until((received) => received.endsWith("ok"));
      client.send("GET /2 HTTP/1.1\r\nHost: b.example\r\n\r\n");
      await client.until((received) => readAnswers(received, []).answers.length === 2);
      client.send("GET /3 HTTP/1.1\r\nHost: a.example, b.example\r\n\r\n");
      await client.until((received) => readAnswers(received, []).answers.length === 3);
      const { answers } = readAnswers(client.received(), []);
      return every(
        equal(
          "hosts",
          origin.requests.map((request) => request.field("host")),
          ["a.example", "b.example"],
        ),
        equal(
          "statuses",
          answers.map(({ status }) => status),
          [200, 200, 400],
        ),
      );
    },
  ),
  played(
    "bad-origin",
    "de-10",
    "an answer that comes on an idle connection is nobody's",
    async ({ connect, origin }) => {
      const first = connect(get());
      await first.until((received) => received.endsWith("ok"));
      origin.requests[0]?.connection.write("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil");
      await sleep(60);
      const second = connect(get("", "/2"));
      await second.until((received) => received.endsWith("ok") || received.endsWith("evil"));
      return check(second.received().endsWith("\r\n\r\nok"), show(second.received()));
    },
  ),
];
