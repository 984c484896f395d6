import type { ConformanceCase, Observed, Verdict } from "../conformance-case.ts";
import { check, equal, every, forwardedOnce } from "../verdicts.ts";

const get = (fields: string): string => `GET /d HTTP/1.1\r\nHost: shop.example\r\n${fields}\r\n`;
const answer = (fields: string, status = "200 OK"): string =>
  `HTTP/1.1 ${status}\r\n${fields}Content-Length: 2\r\n\r\nok`;

function one(
  id: string,
  level: "must" | "should",
  title: string,
  client: string,
  verdict: (observed: Observed) => Verdict,
  origin?: string,
): ConformanceCase {
  return { id, area: "fidelity", level, title, client, verdict, ...(origin === undefined ? {} : { origin }) };
}

/** Request fields that must reach the origin with these values. */
function passed(
  id: string,
  level: "must" | "should",
  title: string,
  fields: string,
  name: string,
  values: readonly string[],
): ConformanceCase {
  return one(id, level, `to the origin: ${title}`, get(fields), (observed) =>
    forwardedOnce(observed, (request) => equal(name, request.fields(name), values)),
  );
}

/** Answer fields that must reach the client with these values. */
function passedBack(
  id: string,
  level: "must" | "should",
  title: string,
  fields: string,
  name: string,
  values: readonly string[],
): ConformanceCase {
  return one(
    id,
    level,
    `to the client: ${title}`,
    get(""),
    (observed) => forwardedOnce(observed, (_request, received) => equal(name, received.all(name), values)),
    answer(fields),
  );
}

function namesInOrder(fields: readonly (readonly [string, string])[], wanted: readonly string[]): string[] {
  return fields.map(([name]) => name).filter((name) => wanted.includes(name));
}

export const FIDELITY_CASES: readonly ConformanceCase[] = [
  passed("fi-01", "must", "octets beyond ASCII in a value", "X-Name: caf\xe9 \xff\r\n", "x-name", ["caf\xe9 \xff"]),
  passed("fi-02", "must", "duplicate fields stay two, in order", "X-Two: 1\r\nX-Other: x\r\nX-Two: 2\r\n", "x-two", [
    "1",
    "2",
  ]),
  passed("fi-03", "must", "two Cookie fields", "Cookie: a=1\r\nCookie: b=2\r\n", "cookie", ["a=1", "b=2"]),
  passed("fi-04", "must", "an empty value", "X-Empty:\r\n", "x-empty", [""]),
  passed("fi-05", "must", "inner white space", "X-Space: a  b\tc\r\n", "x-space", ["a  b\tc"]),
  passed("fi-06", "must", "a value of 8,000 octets", `X-Long: ${"v".repeat(8_000)}\r\n`, "x-long", ["v".repeat(8_000)]),
  passed("fi-07", "must", "Authorization to legacy", "Authorization: Basic dXNlcjpwdw==\r\n", "authorization", [
    "Basic dXNlcjpwdw==",
  ]),
  passed("fi-08", "must", "Accept-Encoding as it is", "Accept-Encoding: gzip, br;q=0.5\r\n", "accept-encoding", [
    "gzip, br;q=0.5",
  ]),
  passed("fi-09", "must", "Range and If-Range", 'Range: bytes=0-3\r\nIf-Range: "e"\r\n', "range", ["bytes=0-3"]),
  passed("fi-10", "must", "validators", 'If-None-Match: "a", W/"b"\r\n', "if-none-match", ['"a", W/"b"']),
  passed("fi-11", "must", "Cache-Control of a request", "Cache-Control: no-cache, max-age=0\r\n", "cache-control", [
    "no-cache, max-age=0",
  ]),
  passed("fi-12", "should", "a name with every token character", "x!#$%&'*+-.^_`|~9: y\r\n", "x!#$%&'*+-.^_`|~9", [
    "y",
  ]),
  one("fi-13", "should", "names keep their letters and order", get("X-b: 1\r\nx-A: 2\r\nX-B: 3\r\n"), (observed) =>
    forwardedOnce(observed, (request) =>
      equal("names", namesInOrder(request.message().fields, ["X-b", "x-A", "X-B"]), ["X-b", "x-A", "X-B"]),
    ),
  ),
  one(
    "fi-14",
    "must",
    "150 fields pass",
    get(Array.from({ length: 150 }, (_, i) => `X-${i}: ${i}\r\n`).join("")),
    (observed) =>
      forwardedOnce(observed, (request) =>
        equal("count", request.message().fields.filter(([name]) => /^x-\d+$/i.test(name)).length, 150),
      ),
  ),
  passedBack(
    "fi-20",
    "must",
    "several Set-Cookie stay several, in order",
    "Set-Cookie: a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT\r\nSet-Cookie: b=2\r\n",
    "set-cookie",
    ["a=1; Expires=Wed, 21 Oct 2026 07:28:00 GMT", "b=2"],
  ),
  passedBack("fi-21", "must", "octets beyond ASCII in an answer", "X-Name: caf\xe9\r\n", "x-name", ["caf\xe9"]),
  passedBack("fi-22", "must", "duplicate fields of an answer", "X-Two: 1\r\nX-Two: 2\r\n", "x-two", ["1", "2"]),
  passedBack("fi-23", "must", "the origin's own Date, once", "Date: Wed, 21 Oct 2015 07:28:00 GMT\r\n", "date", [
    "Wed, 21 Oct 2015 07:28:00 GMT",
  ]),
  passedBack("fi-24", "must", "Server as the origin names itself", "Server: monolith/1\r\n", "server", ["monolith/1"]),
  passedBack("fi-25", "must", "Content-Encoding untouched", "Content-Encoding: gzip\r\n", "content-encoding", ["gzip"]),
  passedBack("fi-26", "must", "ETag untouched", 'ETag: W/"x,y"\r\n', "etag", ['W/"x,y"']),
  passedBack("fi-27", "must", "a relative Location", "Location: ../x?y#z\r\n", "location", ["../x?y#z"]),
  passedBack(
    "fi-28",
    "must",
    "two WWW-Authenticate",
    'WWW-Authenticate: Basic realm="a, b"\r\nWWW-Authenticate: Bearer\r\n',
    "www-authenticate",
    ['Basic realm="a, b"', "Bearer"],
  ),
  passedBack(
    "fi-29",
    "must",
    "Vary and Cache-Control",
    "Vary: Accept\r\nCache-Control: public, max-age=60\r\n",
    "cache-control",
    ["public, max-age=60"],
  ),
  one(
    "fi-30",
    "should",
    "names of an answer keep their letters and order",
    get(""),
    (observed) =>
      forwardedOnce(observed, (_request, received) =>
        equal("names", namesInOrder(received.fields, ["X-b", "x-A", "X-B"]), ["X-b", "x-A", "X-B"]),
      ),
    answer("X-b: 1\r\nx-A: 2\r\nX-B: 3\r\n"),
  ),
  one(
    "fi-31",
    "should",
    "the reason phrase passes",
    get(""),
    (observed) => forwardedOnce(observed, (_request, received) => equal("reason", received.reason, "Quite Fine")),
    answer("", "200 Quite Fine"),
  ),
  one(
    "fi-32",
    "must",
    "an answer without a reason phrase passes",
    get(""),
    (observed) => forwardedOnce(observed, (_request, received) => equal("status", received.status, 404)),
    answer("", "404 "),
  ),
  one(
    "fi-33",
    "must",
    "an unknown status passes",
    get(""),
    (observed) => forwardedOnce(observed, (_request, received) => equal("status", received.status, 299)),
    answer("", "299 Odd"),
  ),
  one(
    "fi-34",
    "must",
    "an error of the origin passes with its body",
    get(""),
    (observed) =>
      forwardedOnce(observed, (_request, received) =>
        every(equal("status", received.status, 503), equal("body", received.body, "ok")),
      ),
    answer("Retry-After: 9\r\n", "503 Busy"),
  ),
  one("fi-35", "must", "no field of the answer is invented that describes the body", get(""), (observed) =>
    forwardedOnce(observed, (_request, received) =>
      check(
        ["content-type", "etag", "content-encoding", "last-modified"].every(
          (name) => received.field(name) === undefined,
        ),
        "invented",
      ),
    ),
  ),
];
