import { expect, it } from "vitest";
import { parseRequestLine } from "../../../../src/transport/inbound/http1/request-line.ts";

it.each([
  ["GET / HTTP/1.1", { method: "GET", target: "/", minor: 1 }],
  ["GET /a?b=c%2F HTTP/1.0", { method: "GET", target: "/a?b=c%2F", minor: 0 }],
  ["OPTIONS * HTTP/1.1", { method: "OPTIONS", target: "*", minor: 1 }],
  ["BREW /pot HTTP/1.1", { method: "BREW", target: "/pot", minor: 1 }],
  ["M-SEARCH /x HTTP/1.1", { method: "M-SEARCH", target: "/x", minor: 1 }],
  // Screening refuses the space: the target is told as it came.
  ["GET /a b HTTP/1.1", { method: "GET", target: "/a b", minor: 1 }],
])("reads %j", (line, read) => {
  expect(parseRequestLine(line)).toEqual(read);
});

it.each([
  ["GET /", "version-not-supported"],
  ["GET / HTTP/0.9", "version-not-supported"],
  ["GET / HTTP/2.0", "version-not-supported"],
  ["GET / HTTP/1.2", "version-not-supported"],
  ["PRI * HTTP/2.0", "version-not-supported"],
  ["GET / HTTP/1.10", "bad-request"],
  ["GET / HTTP/01.1", "bad-request"],
  ["GET / http/1.1", "bad-request"],
  ["GET / RTSP/1.0", "bad-request"],
  ["GET / ICE/1.1", "bad-request"],
  ["GET /HTTP/1.1", "bad-request"],
  ["GET  HTTP/1.1", "bad-request"],
  ["GET HTTP/1.1", "bad-request"],
  ["GET /\tHTTP/1.1", "bad-request"],
  [" / HTTP/1.1", "bad-request"],
  ["G(T / HTTP/1.1", "bad-request"],
  ["GET\t/ / HTTP/1.1", "bad-request"],
  ["", "bad-request"],
  ["get / HTTP/1.1", "not-implemented"],
  [`${"A".repeat(65)} / HTTP/1.1`, "not-implemented"],
])("refuses %j: %s", (line, failure) => {
  expect(parseRequestLine(line)).toBe(failure);
});
