import type { ConformanceCase } from "../conformance-case.ts";
import { check, equal, every, forwardedOnce } from "../verdicts.ts";
import { valueOf } from "../read-messages.ts";

const upload = (trailers: string, fields = ""): string =>
  `POST /t HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n${fields}\r\n5\r\nhello\r\n0\r\n${trailers}\r\n`;
const download = (trailers: string): string =>
  `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-Sum\r\n\r\n5\r\nhello\r\n0\r\n${trailers}\r\n`;
const get = (version = "1.1", fields = "TE: trailers\r\nConnection: TE\r\n"): string =>
  `GET /t HTTP/${version}\r\nHost: shop.example\r\n${fields}\r\n`;

export const TRAILER_CASES: readonly ConformanceCase[] = [
  {
    id: "tr-01",
    area: "trailers",
    level: "must",
    title: "a request with trailers is forwarded whole",
    client: upload("X-Sum: 1\r\n"),
    verdict: (observed) =>
      forwardedOnce(observed, (request) =>
        every(equal("body", request.message().body, "hello"), check(request.message().complete, "not complete")),
      ),
  },
  {
    id: "tr-02",
    area: "trailers",
    level: "should",
    title: "trailers of a request reach the origin as trailers",
    client: upload("X-Sum: 1\r\n", "Trailer: X-Sum\r\n"),
    verdict: (observed) =>
      forwardedOnce(observed, (request) => equal("X-Sum", valueOf(request.message().trailers, "x-sum"), "1")),
  },
  {
    id: "tr-03",
    area: "trailers",
    level: "must",
    title: "trailers never become header fields",
    client: upload("X-Sum: 1\r\nX-Forwarded-For: 6.6.6.6\r\nAuthorization: Bearer x\r\n"),
    verdict: (observed) =>
      forwardedOnce(observed, (request) =>
        every(
          equal("X-Sum", request.field("x-sum"), undefined),
          equal("Authorization", request.field("authorization"), undefined),
          check(!request.fields("x-forwarded-for").join().includes("6.6.6.6"), "X-Forwarded-For from a trailer"),
        ),
      ),
  },
  {
    id: "tr-04",
    area: "trailers",
    level: "must",
    title: "trailers that frame, route or authenticate are not passed",
    client: upload("Host: evil.example\r\nAuthorization: Bearer x\r\nCookie: a=b\r\nX-Forwarded-For: 6.6.6.6\r\n"),
    verdict: (observed) =>
      observed.requests.length === 0
        ? undefined
        : forwardedOnce(observed, (request) =>
            equal(
              "trailers",
              request
                .message()
                .trailers.map(([name]) => name.toLowerCase())
                .filter((name) => ["host", "authorization", "cookie", "x-forwarded-for"].includes(name)),
              [],
            ),
          ),
  },
  {
    id: "tr-05",
    area: "trailers",
    level: "should",
    title: "trailers of an answer reach the client",
    client: get(),
    origin: download("X-Sum: 1\r\n"),
    verdict: (observed) =>
      forwardedOnce(observed, (_request, answer) => equal("X-Sum", valueOf(answer.trailers, "x-sum"), "1")),
  },
  {
    id: "tr-06",
    area: "trailers",
    level: "must",
    title: "an answer with trailers is complete, and the connection goes on",
    client: `${get()}${get()}`,
    answers: 2,
    origin: download("X-Sum: 1\r\n"),
    verdict: (observed) =>
      equal(
        "bodies",
        observed.answers.map((answer) => answer.body),
        ["hello", "hello"],
      ),
  },
  {
    id: "tr-07",
    area: "trailers",
    level: "must",
    title: "an HTTP/1.0 client gets the body without trailers",
    client: get("1.0"),
    origin: download("X-Sum: 1\r\n"),
    verdict: (observed) =>
      check(observed.raw.endsWith("\r\n\r\nhello"), `received ${JSON.stringify(observed.raw.slice(-60))}`),
  },
  {
    id: "tr-08",
    area: "trailers",
    level: "must",
    title: "trailers of 64 KB and more are refused",
    client: upload(`X: ${"v".repeat(100_000)}\r\n`),
    verdict: (observed) =>
      check(
        observed.answers.every((answer) => answer.status >= 400) ||
          (observed.requests[0]?.message().trailers.length ?? 0) === 0,
        "they passed",
      ),
  },
  {
    id: "tr-09",
    area: "trailers",
    level: "must",
    title: "a Set-Cookie in the trailers of an answer does not become a field",
    client: get(),
    origin: download("Set-Cookie: evil=1\r\n"),
    verdict: (observed) =>
      forwardedOnce(observed, (_request, answer) => equal("Set-Cookie", answer.all("set-cookie"), [])),
  },
];
