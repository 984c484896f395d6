import type { ConformanceCase, Observed, Verdict } from "../conformance-case.ts";
import { check, equal, every, forwardedOnce } from "../verdicts.ts";

const get = (fields: string): string => `GET /c HTTP/1.1\r\nHost: shop.example\r\n${fields}\r\n`;
const answer = (fields: string): string => `HTTP/1.1 200 OK\r\n${fields}Content-Length: 2\r\n\r\nok`;

function one(
  id: string,
  level: "must" | "should",
  title: string,
  client: string,
  verdict: (observed: Observed) => Verdict,
  origin?: string,
): ConformanceCase {
  return { id, area: "hop-by-hop", level, title, client, verdict, ...(origin === undefined ? {} : { origin }) };
}

/** A request field that must not reach the origin. */
function dropped(
  id: string,
  title: string,
  fields: string,
  name: string,
  level: "must" | "should" = "must",
): ConformanceCase {
  return one(id, level, `not passed to the origin: ${title}`, get(fields), (observed) =>
    forwardedOnce(observed, (request) => equal(name, request.fields(name), [])),
  );
}

/** An answer field that must not reach the client. */
function droppedBack(
  id: string,
  title: string,
  fields: string,
  name: string,
  level: "must" | "should" = "must",
): ConformanceCase {
  return one(
    id,
    level,
    `not passed to the client: ${title}`,
    get(""),
    (observed) => forwardedOnce(observed, (_request, received) => equal(name, received.all(name), [])),
    answer(fields),
  );
}

export const HOP_BY_HOP_CASES: readonly ConformanceCase[] = [
  dropped("hh-01", "a field that Connection nominates", "Connection: X-Hop\r\nX-Hop: 1\r\n", "x-hop"),
  dropped("hh-02", "a nominated field in other letters", "Connection: x-HOP\r\nX-Hop: 1\r\n", "x-hop"),
  dropped("hh-03", "a nominated field before Connection", "X-Hop: 1\r\nConnection: close, X-Hop\r\n", "x-hop"),
  dropped(
    "hh-04",
    "a field nominated by a second Connection",
    "Connection: keep-alive\r\nConnection: X-Hop\r\nX-Hop: 1\r\n",
    "x-hop",
  ),
  dropped("hh-05", "Keep-Alive", "Keep-Alive: timeout=5\r\nConnection: keep-alive\r\n", "keep-alive"),
  dropped("hh-06", "Proxy-Connection", "Proxy-Connection: keep-alive\r\n", "proxy-connection"),
  dropped("hh-07", "Proxy-Authorization", "Proxy-Authorization: Basic eDp5\r\n", "proxy-authorization", "should"),
  dropped("hh-08", "TE", "TE: gzip\r\nConnection: TE\r\n", "te"),
  dropped("hh-09", "Upgrade", "Upgrade: foo/2\r\nConnection: Upgrade\r\n", "upgrade"),
  dropped("hh-10", "HTTP2-Settings", "HTTP2-Settings: AAMAAABk\r\nConnection: HTTP2-Settings\r\n", "http2-settings"),
  dropped("hh-11", "Proxy (httpoxy)", "Proxy: http://evil.example\r\n", "proxy"),
  one("hh-12", "must", "Connection cannot nominate Host away", get("Connection: Host\r\n"), (observed) =>
    forwardedOnce(observed, (request) => equal("Host", request.fields("host"), ["shop.example"])),
  ),
  one(
    "hh-13",
    "must",
    "Connection cannot nominate the framing away",
    "POST /c HTTP/1.1\r\nHost: shop.example\r\nConnection: Content-Length\r\nContent-Length: 5\r\n\r\nhello",
    (observed) => forwardedOnce(observed, (request) => equal("body", request.message().body, "hello")),
  ),
  one(
    "hh-14",
    "must",
    "Connection: close of the client does not reach the origin as an end-to-end wish",
    get("Connection: close\r\n"),
    (observed) =>
      forwardedOnce(observed, (_request, received) =>
        every(equal("status", received.status, 200), check(observed.closed, "the client's connection stayed open")),
      ),
  ),
  one(
    "hh-15",
    "must",
    "Connection cannot remove X-Forwarded-For",
    get("Connection: X-Forwarded-For, X-Forwarded-Proto\r\n"),
    (observed) =>
      forwardedOnce(observed, (request) =>
        check(request.fields("x-forwarded-for").length === 1, "X-Forwarded-For is gone"),
      ),
  ),
  one(
    "hh-16",
    "must",
    "a client's own X-Forwarded-For is not believed",
    get(
      "X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-Host: evil.example\r\nX-Forwarded-Proto: https\r\nForwarded: for=6.6.6.6\r\n",
    ),
    (observed) =>
      forwardedOnce(observed, (request) =>
        every(
          check(
            !(request.fields("x-forwarded-for").join() || "6.6.6.6").includes("6.6.6.6"),
            "the client's X-Forwarded-For passed",
          ),
          check(!request.fields("x-forwarded-host").join().includes("evil"), "the client's X-Forwarded-Host passed"),
          check(!request.fields("x-forwarded-proto").join().includes("https"), "the client's X-Forwarded-Proto passed"),
          check(!request.fields("forwarded").join().includes("6.6.6.6"), "the client's Forwarded passed"),
        ),
      ),
  ),
  one(
    "hh-17",
    "must",
    "underscore spellings of forwarding fields do not pass",
    get("X_Forwarded_For: 6.6.6.6\r\nX_Forwarded_Proto: https\r\n"),
    (observed) =>
      forwardedOnce(observed, (request) =>
        equal("underscore fields", [...request.fields("x_forwarded_for"), ...request.fields("x_forwarded_proto")], []),
      ),
  ),
  one("hh-18", "must", "X-Forwarded-Proto, -Host and -For are set", get(""), (observed) =>
    forwardedOnce(observed, (request) =>
      every(
        equal("X-Forwarded-Proto", request.fields("x-forwarded-proto"), ["http"]),
        equal("X-Forwarded-Host", request.fields("x-forwarded-host"), ["shop.example"]),
        equal("X-Forwarded-For", request.fields("x-forwarded-for").length, 1),
      ),
    ),
  ),
  one("hh-19", "should", "Via tells the origin of the hop", get(""), (observed) =>
    forwardedOnce(observed, (request) =>
      check(
        request.fields("via").some((via) => /^(?:HTTP\/)?1\.1 /.test(via)),
        "no Via",
      ),
    ),
  ),
  droppedBack("hh-30", "a field that the answer's Connection nominates", "Connection: X-Hop\r\nX-Hop: 1\r\n", "x-hop"),
  droppedBack(
    "hh-31",
    "Keep-Alive with the origin's own figures",
    "Connection: keep-alive\r\nKeep-Alive: timeout=7777\r\n",
    "x-none",
  ),
  droppedBack("hh-32", "Proxy-Connection of an answer", "Proxy-Connection: close\r\n", "proxy-connection"),
  droppedBack("hh-33", "Upgrade of an answer", "Upgrade: h2c\r\nConnection: Upgrade\r\n", "upgrade", "should"),
  one(
    "hh-34",
    "must",
    "the origin's Connection: close does not close the client's connection",
    get(""),
    (observed) =>
      forwardedOnce(observed, (_request, received) =>
        check(!observed.closed && !/close/i.test(received.field("connection") ?? ""), "closed"),
      ),
    answer("Connection: close\r\n"),
  ),
  one(
    "hh-35",
    "should",
    "the origin's Keep-Alive figures are not passed",
    get(""),
    (observed) =>
      forwardedOnce(observed, (_request, received) =>
        check(!(received.field("keep-alive") ?? "").includes("7777"), "passed"),
      ),
    answer("Connection: keep-alive\r\nKeep-Alive: timeout=7777\r\n"),
  ),
];
