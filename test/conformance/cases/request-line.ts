import type { ConformanceCase, Observed, Verdict } from "../conformance-case.ts";
import { check, equal, every, forwardedOnce, refused, refusedOrClosed, refusedOrOne } from "../verdicts.ts";

const HOST = "Host: shop.example\r\n";
const line = (requestLine: string, fields = HOST): string => `${requestLine}\r\n${fields}\r\n`;
const number = (prefix: string, index: number): string => `${prefix}-${String(index + 1).padStart(2, "0")}`;

/** Statuses that may meet each, the first being the best. */
const REFUSED: readonly (readonly [title: string, client: string, ...statuses: number[]])[] = [
  ["a target without a slash", line("GET foo HTTP/1.1"), 400],
  ["a target that is a query", line("GET ?a=b HTTP/1.1"), 400],
  ["the target * with GET", line("GET * HTTP/1.1"), 400],
  ["a target of another scheme", line("GET ftp://shop.example/x HTTP/1.1"), 400, 421],
  ["an absolute target without a host", line("GET http:///x HTTP/1.1"), 400],
  ["an absolute target with user information", line("GET http://u:p@shop.example/x HTTP/1.1"), 400],
  ["a fragment in the target", line("GET /a#b HTTP/1.1"), 400],
  ["NUL in the target", line("GET /a\0b HTTP/1.1"), 400],
  ["a control character in the target", line("GET /a\x01b HTTP/1.1"), 400],
  ["DEL in the target", line("GET /a\x7fb HTTP/1.1"), 400],
  ["a tab in the target", line("GET /a\tb HTTP/1.1"), 400],
  ["a space in the target", line("GET /a b HTTP/1.1"), 400],
  ["a tab for a space in the line", line("GET\t/a\tHTTP/1.1"), 400],
  ["no version", line("GET /a"), 505, 400],
  ["a lower-case protocol", line("GET /a http/1.1"), 400],
  ["HTTP/1.2", line("GET /a HTTP/1.2"), 505, 400],
  ["HTTP/2.0", line("GET /a HTTP/2.0"), 505, 400],
  ["HTTP/0.9 as a number", line("GET /a HTTP/0.9"), 505, 400],
  ["a version of three digits", line("GET /a HTTP/1.10"), 400, 505],
  ["an HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, 400, 501],
  ["a TLS handshake", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03\r\n\r\n", 400],
  ["TRACE", line("TRACE /a HTTP/1.1"), 405, 501],
  ["CONNECT", line("CONNECT shop.example:80 HTTP/1.1", "Host: shop.example:80\r\n"), 405, 501, 400],
  ["a method that is no token", line("GE(T /a HTTP/1.1"), 400, 501],
  ["a target of 40,000 octets", line(`GET /${"a".repeat(40_000)} HTTP/1.1`), 414, 431],
];

const FORWARDED: readonly (readonly [title: string, client: string, target: string])[] = [
  ["a query as it is", line("GET /a?b=%41&c=+%20&&=x?y HTTP/1.1"), "/a?b=%41&c=+%20&&=x?y"],
  ["percent-encoding as it is", line("GET /%7Euser/%41 HTTP/1.1"), "/%7Euser/%41"],
  ["odd visible characters", line('GET /a?q="<>^`{|} HTTP/1.1'), '/a?q="<>^`{|}'],
  ["an empty query", line("GET /a? HTTP/1.1"), "/a?"],
  ["parameters behind a semicolon", line("GET /a;v=1,2/b HTTP/1.1"), "/a;v=1,2/b"],
  ["a trailing slash", line("GET /a/ HTTP/1.1"), "/a/"],
  ["doubled slashes", line("GET /a//b HTTP/1.1"), "/a//b"],
  ["a dot at the end of a segment", line("GET /a./.b HTTP/1.1"), "/a./.b"],
  ["a target of 4,000 octets", line(`GET /${"a".repeat(4_000)} HTTP/1.1`), `/${"a".repeat(4_000)}`],
];

const METHODS = ["HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "REPORT", "MKCOL", "LOCK", "SEARCH"];

function one(
  id: string,
  level: "must" | "should",
  title: string,
  client: string,
  verdict: (observed: Observed) => Verdict,
): ConformanceCase {
  return { id, area: "request-line", level, title, client, verdict };
}

export const REQUEST_LINE_CASES: readonly ConformanceCase[] = [
  ...REFUSED.map(([title, client, ...statuses], i) =>
    one(number("rl", i), "must", `refused: ${title}`, client, (observed) => refusedOrClosed(observed, ...statuses)),
  ),
  ...REFUSED.filter(([title]) => title !== "CONNECT").map(([title, client, best], i) =>
    one(number("rs", i), "should", `refused with ${best}: ${title}`, client, (observed) =>
      refused(observed, best as number),
    ),
  ),
  ...FORWARDED.map(([title, client, target], i) =>
    one(number("rf", i), "must", `forwarded octet for octet: ${title}`, client, (observed) =>
      forwardedOnce(observed, (request) => equal("target", request.target, target)),
    ),
  ),
  ...METHODS.map((method, i) =>
    one(number("rm", i), "must", `the method ${method} is forwarded`, line(`${method} /a HTTP/1.1`), (observed) =>
      forwardedOnce(observed, (request, answer) =>
        every(equal("method", request.method, method), equal("status", answer.status, 200)),
      ),
    ),
  ),
  one(
    "rx-01",
    "should",
    "an unknown method is forwarded, or answered with 501",
    line("BREW /a HTTP/1.1"),
    (observed) =>
      observed.requests.length === 0
        ? refused(observed, 501)
        : forwardedOnce(observed, (request) => equal("method", request.method, "BREW")),
  ),
  one("rx-02", "must", "methods are told apart by case", line("get /a HTTP/1.1"), (observed) =>
    observed.requests.length === 0
      ? refusedOrClosed(observed, 400, 405, 501)
      : forwardedOnce(observed, (request) => equal("method", request.method, "get")),
  ),
  one("rx-03", "must", "an absolute target wins over Host", line("GET http://other.example/x?y HTTP/1.1"), (observed) =>
    forwardedOnce(observed, (request) =>
      every(equal("target", request.target, "/x?y"), equal("Host", request.fields("host"), ["other.example"])),
    ),
  ),
  one(
    "rx-04",
    "must",
    "an absolute target without a path is /",
    line("GET http://other.example HTTP/1.1"),
    (observed) => forwardedOnce(observed, (request) => equal("target", request.target, "/")),
  ),
  one(
    "rx-05",
    "must",
    "an absolute target with a query alone gets its slash",
    line("GET http://other.example?q=1 HTTP/1.1"),
    (observed) => forwardedOnce(observed, (request) => equal("target", request.target, "/?q=1")),
  ),
  one("rx-06", "must", "OPTIONS * is forwarded or answered", line("OPTIONS * HTTP/1.1"), (observed) =>
    observed.requests.length === 0
      ? equal(
          "status",
          observed.answers.map((answer) => Math.floor(answer.status / 100)),
          [2],
        )
      : forwardedOnce(observed, (request) => equal("target", request.target, "*")),
  ),
  one(
    "rx-07",
    "must",
    "an empty line before the request is passed over",
    `\r\n${line("GET /a HTTP/1.1")}`,
    (observed) => forwardedOnce(observed, (request) => equal("target", request.target, "/a")),
  ),
  one(
    "rx-08",
    "must",
    "a request of HTTP/1.0 is forwarded, and the connection closed",
    line("GET /a HTTP/1.0"),
    (observed) =>
      forwardedOnce(observed, (request, answer) =>
        every(
          equal("version", request.version, "HTTP/1.1"),
          equal("status", answer.status, 200),
          check(observed.closed, "the connection stayed open"),
        ),
      ),
  ),
  one("rx-09", "should", "a request of HTTP/1.0 without Host is forwarded", "GET /a HTTP/1.0\r\n\r\n", (observed) =>
    forwardedOnce(observed, (request) => check((request.field("host") ?? "") !== "", "no Host reached the origin")),
  ),
  one(
    "rx-10",
    "must",
    "a request of HTTP/1.0 with keep-alive is served, and again",
    line("GET /a HTTP/1.0", `${HOST}Connection: keep-alive\r\n`),
    (observed) => forwardedOnce(observed, (_request, answer) => equal("status", answer.status, 200)),
  ),
  one("rx-11", "must", "two spaces in the line are refused or read as one", line("GET  /a HTTP/1.1"), (observed) =>
    refusedOrOne(observed, (request) => equal("target", request.target, "/a")),
  ),
  one(
    "rx-12",
    "must",
    "raw octets beyond ASCII in the target are refused or passed as they are",
    line("GET /caf\xe9 HTTP/1.1"),
    (observed) => refusedOrOne(observed, (request) => equal("target", request.target, "/caf\xe9")),
  ),
  one(
    "rx-13",
    "must",
    "OPTIONS with Max-Forwards 0 goes no further",
    line("OPTIONS /a HTTP/1.1", `${HOST}Max-Forwards: 0\r\n`),
    (observed) =>
      every(
        equal("requests at the origin", observed.requests.length, 0),
        equal("status", observed.answers[0]?.status, 200),
      ),
  ),
  one(
    "rx-14",
    "must",
    "OPTIONS with Max-Forwards is counted down",
    line("OPTIONS /a HTTP/1.1", `${HOST}Max-Forwards: 7\r\n`),
    (observed) => forwardedOnce(observed, (request) => equal("Max-Forwards", request.fields("max-forwards"), ["6"])),
  ),
];
