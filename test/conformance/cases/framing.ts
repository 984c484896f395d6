import type { ConformanceCase, Observed, Verdict } from "../conformance-case.ts";
import type { OriginRequest } from "../raw-origin.ts";
import { check, equal, every, forwardedOnce, refusedOrClosed, refusedOrOne } from "../verdicts.ts";

/** What a smuggler hopes to see at the origin. */
const SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: shop.example\r\n\r\n";
const CHUNKED = "Transfer-Encoding: chunked\r\n";
const HELLO = "5\r\nhello\r\n0\r\n\r\n";

function post(fields: string, body: string, method = "POST", version = "1.1"): string {
  return `${method} /f HTTP/${version}\r\nHost: shop.example\r\n${fields}\r\n${body}`;
}

type Row = readonly [title: string, client: string];

/** No two readers agree about these: nothing complete may reach the origin. */
const REFUSED: readonly Row[] = [
  ["two different Content-Lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!")],
  ["a Content-Length list with two values", post("Content-Length: 5, 6\r\n", "hello!")],
  ["a Content-Length with a plus sign", post("Content-Length: +5\r\n", "hello")],
  ["a negative Content-Length", post("Content-Length: -1\r\n", "hello")],
  ["a hexadecimal Content-Length", post("Content-Length: 0x5\r\n", "hello")],
  ["a Content-Length with a fraction", post("Content-Length: 5.0\r\n", "hello")],
  ["an empty Content-Length", post("Content-Length: \r\n", "hello")],
  ["a Content-Length beyond 64 bits", post("Content-Length: 18446744073709551621\r\n", "hello")],
  ["a Content-Length with a vertical tab", post("Content-Length: \x0b5\r\n", "hello")],
  ["a Content-Length with letters behind", post("Content-Length: 5x\r\n", "hello")],
  ["two numbers in one Content-Length", post("Content-Length: 5 5\r\n", "hello")],
  ["Transfer-Encoding: xchunked", post("Transfer-Encoding: xchunked\r\n", HELLO)],
  ["Transfer-Encoding: chunked, identity", post("Transfer-Encoding: chunked, identity\r\n", HELLO)],
  ["Transfer-Encoding: chunked, chunked", post("Transfer-Encoding: chunked, chunked\r\n", HELLO)],
  ["two Transfer-Encoding fields", post(`${CHUNKED}Transfer-Encoding: identity\r\n`, HELLO)],
  ["Transfer-Encoding with a vertical tab", post("Transfer-Encoding: \x0bchunked\r\n", HELLO)],
  ["Transfer-Encoding in quotes", post('Transfer-Encoding: "chunked"\r\n', HELLO)],
  ["an unknown coding and a length", post("Transfer-Encoding: cow\r\nContent-Length: 5\r\n", "hello")],
  ["Transfer-Encoding: identity with a length", post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello")],
  ["Transfer-Encoding in HTTP/1.0", post(CHUNKED, HELLO, "POST", "1.0")],
  ["Transfer-Encoding and Content-Length in HTTP/1.0", post(`${CHUNKED}Content-Length: 5\r\n`, HELLO, "POST", "1.0")],
  ["space before the colon of Content-Length", post("Content-Length : 5\r\n", "hello")],
  ["space before the colon of Transfer-Encoding", post("Transfer-Encoding : chunked\r\n", HELLO)],
  ["a tab before the colon of Transfer-Encoding", post("Transfer-Encoding\t: chunked\r\n", HELLO)],
  ["NUL in a field value", post("X: a\0b\r\nContent-Length: 5\r\n", "hello")],
  ["NUL in a field name", post("X\0Y: a\r\nContent-Length: 5\r\n", "hello")],
  ["a bare CR in a field value", post("X: a\rTransfer-Encoding: chunked\r\nContent-Length: 5\r\n", "hello")],
  ["a field line without a colon", post("Nonsense\r\nContent-Length: 5\r\n", "hello")],
  ["an empty field name", post(": x\r\nContent-Length: 5\r\n", "hello")],
  ["white space before the first field", `POST /f HTTP/1.1\r\n Host: shop.example\r\nContent-Length: 5\r\n\r\nhello`],
  ["a chunk size that is no number", post(CHUNKED, "xyz\r\nhello\r\n0\r\n\r\n")],
  ["a chunk size of 0x5", post(CHUNKED, "0x5\r\nhello\r\n0\r\n\r\n")],
  ["a chunk size with a sign", post(CHUNKED, "+5\r\nhello\r\n0\r\n\r\n")],
  ["a negative chunk size", post(CHUNKED, "-5\r\nhello\r\n0\r\n\r\n")],
  ["an empty chunk size", post(CHUNKED, "\r\nhello\r\n0\r\n\r\n")],
  ["a chunk size with an underscore", post(CHUNKED, "0_5\r\nhello\r\n0\r\n\r\n")],
  ["a chunk size beyond 64 bits", post(CHUNKED, `10000000000000005\r\nhello\r\n0\r\n\r\n${SMUGGLED}`)],
  ["a chunk longer than its size", post(CHUNKED, "3\r\nhello\r\n0\r\n\r\n")],
  ["a chunk whose data does not end in CRLF", post(CHUNKED, "5\r\nhelloXX0\r\n\r\n")],
  ["a bare CR behind a chunk size", post(CHUNKED, "5\rhello\r\n0\r\n\r\n")],
  ["a bare LF within a chunk extension", post(CHUNKED, "5;a\nhello\r\n0\r\n\r\n")],
  ["a line fold in Transfer-Encoding", post("Transfer-Encoding:\r\n chunked\r\n", HELLO)],
  ["a line fold in Content-Length", post("Content-Length:\r\n 5\r\n", "hello")],
];

/** Readers may tolerate these; then one request reaches the origin, and nothing that was hidden in it. */
const REFUSED_OR_ONE: readonly Row[] = [
  ["Content-Length and Transfer-Encoding (CL.TE)", post(`Content-Length: 4\r\n${CHUNKED}`, `0\r\n\r\n${SMUGGLED}`)],
  ["Transfer-Encoding and Content-Length (TE.CL)", post(`${CHUNKED}Content-Length: ${HELLO.length}\r\n`, HELLO)],
  ["two equal Content-Lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")],
  ["an equal Content-Length list", post("Content-Length: 5, 5\r\n", "hello")],
  ["two equal Transfer-Encodings", post(`${CHUNKED}${CHUNKED}`, HELLO)],
  ["an empty Transfer-Encoding", post("Transfer-Encoding:\r\nContent-Length: 5\r\n", "hello")],
  ["a leading comma in Transfer-Encoding", post("Transfer-Encoding: , chunked\r\n", HELLO)],
  ["Transfer-Encoding: gzip, chunked", post("Transfer-Encoding: gzip, chunked\r\n", HELLO)],
  ["bare line feeds in the head", "POST /f HTTP/1.1\nHost: shop.example\nContent-Length: 5\n\nhello"],
  ["one bare line feed between fields", post("X: 1\nY: 2\r\nContent-Length: 5\r\n", "hello")],
  ["a bare line feed that hides a length", post(`X: 1\nContent-Length: ${SMUGGLED.length}\r\n`, SMUGGLED)],
  ["a line fold in another field", post("X: 1\r\n 2\r\nContent-Length: 5\r\n", "hello")],
  ["a line fold that hides Transfer-Encoding", post(`X: 1\r\n ${CHUNKED}Content-Length: 5\r\n`, "hello")],
  ["bare line feeds in the chunk lines", post(CHUNKED, "5\nhello\n0\n\n")],
  ["a bare line feed at the end of a chunk", post(CHUNKED, "5\r\nhello\n0\r\n\r\n")],
  ["a bare line feed at the end of the last chunk", post(CHUNKED, "5\r\nhello\r\n0\n\r\n")],
  ["white space behind a chunk size", post(CHUNKED, "5 \r\nhello\r\n0\r\n\r\n")],
  ["white space before a chunk size", post(CHUNKED, " 5\r\nhello\r\n0\r\n\r\n")],
  ["a chunk extension with control characters", post(CHUNKED, "5;a=\x01\r\nhello\r\n0\r\n\r\n")],
  ["a chunk extension of 20 KB", post(CHUNKED, `5;${"a".repeat(20_000)}\r\nhello\r\n0\r\n\r\n`)],
  ["Content-Length spelled with an underscore", post("Content_Length: 5\r\n", "")],
  [
    "Transfer-Encoding spelled with an underscore",
    post("Transfer_Encoding: chunked\r\nContent-Length: 5\r\n", "hello"),
  ],
  ["a trailer that names a length", post(CHUNKED, "5\r\nhello\r\n0\r\nContent-Length: 99\r\n\r\n")],
  ["a trailer with a bare line feed", post(CHUNKED, "5\r\nhello\r\n0\r\nX: 1\nY: 2\r\n\r\n")],
];

function noSmuggling(observed: Observed): Verdict {
  const judge = (request: OriginRequest): Verdict =>
    every(
      equal("target", request.target, "/f"),
      check(
        request.fields("content-length").length + request.fields("transfer-encoding").length <= 1,
        "two framings sent",
      ),
    );
  // What stands behind the message may be a second request of the client's own: then the origin sees it as one.
  if (observed.requests.length === 2 && observed.answers.length === 2)
    return judge(observed.requests[0] as OriginRequest);
  return refusedOrOne(observed, judge);
}

/** Bodies that must arrive whole, framed in whatever way they came. */
const FORWARDED: readonly (readonly [
  title: string,
  client: string,
  body: string,
  framing: "none" | "length" | "chunked",
])[] = [
  ["a body with a length", post("Content-Length: 5\r\n", "hello"), "hello", "length"],
  ["an empty body with a length", post("Content-Length: 0\r\n", ""), "", "length"],
  ["a chunked body", post(CHUNKED, HELLO), "hello", "chunked"],
  ["an empty chunked body", post(CHUNKED, "0\r\n\r\n"), "", "chunked"],
  ["a chunked body in several chunks", post(CHUNKED, "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"), "hello", "chunked"],
  ["a chunk size with leading zeroes", post(CHUNKED, "0005\r\nhello\r\n0\r\n\r\n"), "hello", "chunked"],
  ["chunk extensions", post(CHUNKED, '5;a=b;c="d e"\r\nhello\r\n0;x\r\n\r\n'), "hello", "chunked"],
  ["Transfer-Encoding in other letters", post("TRANSFER-ENCODING: Chunked\r\n", HELLO), "hello", "chunked"],
  ["a GET with a length", post("Content-Length: 5\r\n", "hello", "GET"), "hello", "length"],
  ["a chunked GET", post(CHUNKED, HELLO, "GET"), "hello", "chunked"],
  ["a chunked DELETE", post(CHUNKED, HELLO, "DELETE"), "hello", "chunked"],
  ["a DELETE with a length", post("Content-Length: 5\r\n", "hello", "DELETE"), "hello", "length"],
  ["a chunked OPTIONS", post(CHUNKED, HELLO, "OPTIONS"), "hello", "chunked"],
  ["a POST without a body", post("", ""), "", "none"],
  [
    "a body of all octets",
    post("Content-Length: 256\r\n", Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join("")),
    Array.from({ length: 256 }, (_, i) => String.fromCharCode(i)).join(""),
    "length",
  ],
  ["a body that looks like a request", post(`Content-Length: ${SMUGGLED.length}\r\n`, SMUGGLED), SMUGGLED, "length"],
  [
    "a chunk that looks like a request",
    post(CHUNKED, `${SMUGGLED.length.toString(16)}\r\n${SMUGGLED}\r\n0\r\n\r\n`),
    SMUGGLED,
    "chunked",
  ],
  ["a Content-Length with leading zeroes", post("Content-Length: 010\r\n", "0123456789"), "0123456789", "length"],
];

const number = (prefix: string, index: number): string => `${prefix}-${String(index + 1).padStart(2, "0")}`;

export const FRAMING_CASES: readonly ConformanceCase[] = [
  ...REFUSED.map(
    ([title, client], i): ConformanceCase => ({
      id: number("fr", i),
      area: "framing",
      level: "must",
      title: `refused: ${title}`,
      client,
      verdict: (observed) => refusedOrClosed(observed, 400, 411, 413, 501, 505),
    }),
  ),
  ...REFUSED_OR_ONE.map(
    ([title, client], i): ConformanceCase => ({
      id: number("fo", i),
      area: "framing",
      level: "must",
      title: `refused, or one request: ${title}`,
      client,
      verdict: noSmuggling,
    }),
  ),
  ...FORWARDED.map(
    ([title, client, body], i): ConformanceCase => ({
      id: number("ff", i),
      area: "framing",
      level: "must",
      title: `forwarded whole: ${title}`,
      client,
      verdict: (observed) =>
        forwardedOnce(observed, (request, answer) =>
          every(
            equal("body", request.message().body, body),
            check(request.message().complete, "the body is not complete"),
            check(
              body === "" ? true : request.message().framing !== "none",
              `a body of ${body.length} octets arrived without framing`,
            ),
            equal("status", answer.status, 200),
          ),
        ),
    }),
  ),
  ...FORWARDED.filter(([, , body, framing]) => framing === "chunked" && body !== "").map(
    ([title, client], i): ConformanceCase => ({
      id: number("fs", i),
      area: "framing",
      level: "should",
      title: `streamed on as chunks: ${title}`,
      client,
      verdict: (observed) =>
        forwardedOnce(observed, (request) => equal("framing", request.message().framing, "chunked")),
    }),
  ),
];
