import { expect, it } from "vitest";
import { listenSchema } from "../../../src/config/schema/listen.ts";
import { readRequestFacts } from "../../../src/transport/request-facts.ts";
import { type Screened, type ScreenedRequest, screenRequest } from "../../../src/transport/inbound/screen-request.ts";

const { limits } = listenSchema.parse({});

interface Line {
  readonly method?: string;
  readonly target?: string;
  readonly version?: "1.0" | "1.1";
}

/** What the parser hands over; only what screening reads. */
function request(headers: readonly string[], { method = "GET", target = "/", version = "1.1" }: Line = {}): Screened {
  const minor = version === "1.1" ? 1 : 0;
  return {
    method,
    target,
    httpVersionMinor: minor,
    rawHeaders: headers,
    facts: readRequestFacts(headers, minor),
    socket: { localAddress: "127.0.0.1", localPort: 3000 } as Screened["socket"],
  };
}

const HOST = ["Host", "shop.example"];

function screen(headers: readonly string[], line?: Line): ScreenedRequest {
  return screenRequest(request(headers, line), limits);
}

function codeOf(screened: ScreenedRequest): string {
  return screened.kind === "refused" ? screened.error.code : "ok";
}

it.each([
  [[], "bad-host"],
  [["Host", "a", "Host", "a"], "bad-host"],
  [["Host", "a", "hOsT", "b"], "bad-host"],
  [["Host", ""], "bad-host"],
  [["Host", "a, b"], "bad-host"],
  [["Host", "a,b"], "bad-host"],
  [["Host", "a b"], "bad-host"],
  [["Host", "a/b"], "bad-host"],
  [["Host", "u@a"], "bad-host"],
  [["Host", "a:b"], "bad-host"],
  [["Host", "a:65536"], "bad-host"],
  [["Host", "a:80:80"], "bad-host"],
  [["Host", "[::1"], "bad-host"],
  [["Host", "::1"], "bad-host"],
  [["Host", "a\xe9"], "bad-host"],
  [["Host", "a"], "ok"],
  [["Host", "a_b.example:8080"], "ok"],
  [["Host", "a:"], "ok"],
  [["Host", "127.0.0.1:3000"], "ok"],
  [["Host", "[::1]:80"], "ok"],
])("judges the Host of %j: %s", (headers, code) => {
  expect(codeOf(screen(headers))).toBe(code);
});

it.each([
  [["Content-Length", "5"], "1.1", "ok"],
  [["Content-Length", "005"], "1.1", "ok"],
  [["Content-Length", "+5"], "1.1", "ambiguous-framing"],
  [["Content-Length", "5,5"], "1.1", "ambiguous-framing"],
  [["Content-Length", "9999999999999999"], "1.1", "ambiguous-framing"],
  [["Content-Length", "5", "content-length", "5"], "1.1", "ambiguous-framing"],
  [["Transfer-Encoding", "chunked", "Content-Length", "5"], "1.1", "ambiguous-framing"],
  [["Transfer-Encoding", "chunked"], "1.1", "ok"],
  [["Transfer-Encoding", "CHUNKED"], "1.1", "ok"],
  [["Transfer-Encoding", "chunked"], "1.0", "ambiguous-framing"],
  [["Transfer-Encoding", "gzip, chunked"], "1.1", "ambiguous-framing"],
  [["Transfer-Encoding", ", chunked"], "1.1", "ambiguous-framing"],
  [["Transfer-Encoding", "xchunked"], "1.1", "ambiguous-framing"],
  [["Transfer-Encoding", "\x0bchunked"], "1.1", "ambiguous-framing"],
  [["Transfer-Encoding", "chunked", "Transfer-Encoding", "chunked"], "1.1", "ambiguous-framing"],
] as const)("judges the framing of %j in HTTP/%s: %s", (headers, version, code) => {
  expect(codeOf(screen([...HOST, ...headers], { version, method: "POST" }))).toBe(code);
});

it.each([
  ["TRACE", "/", "1.1", "method-not-allowed"],
  ["CONNECT", "a:80", "1.1", "not-implemented"],
  ["PROPFIND", "/", "1.1", "ok"],
  ["BREW", "/", "1.1", "ok"],
  ["GET", "/", "1.0", "ok"],
  ["GET", "*", "1.1", "bad-request"],
  ["OPTIONS", "*", "1.1", "ok"],
  ["OPTIONS", "*a", "1.1", "bad-request"],
  ["GET", "/a#b", "1.1", "bad-request"],
  ["GET", "/a b", "1.1", "bad-request"],
  ["GET", "/a\x00b", "1.1", "bad-request"],
  ["GET", "/a\xe9", "1.1", "bad-request"],
  ["GET", '/a"<>^`{|}\\b', "1.1", "ok"],
  ["GET", "foo", "1.1", "bad-request"],
  ["GET", "ftp://b/x", "1.1", "bad-request"],
  ["GET", "http:///x", "1.1", "bad-request"],
  ["GET", "http://u:p@b/x", "1.1", "bad-request"],
  ["GET", "http://b c/x", "1.1", "bad-request"],
  ["GET", `/${"a".repeat(8_192)}`, "1.1", "target-too-long"],
  ["GET", `/${"a".repeat(8_191)}`, "1.1", "ok"],
] as const)("judges the line %s %s HTTP/%s: %s", (method, target, version, code) => {
  expect(codeOf(screen(HOST, { method, target, version }))).toBe(code);
});

it.each([
  ["GET", "http://other.example/x?y=%2f", "other.example", "/x?y=%2f"],
  ["GET", "HTTP://other.example:81", "other.example:81", "/"],
  ["GET", "https://other.example?q", "other.example", "/?q"],
  ["OPTIONS", "http://other.example", "other.example", "*"],
  ["GET", "//other.example/x", "shop.example", "//other.example/x"],
] as const)("takes %s %s as the host %s and the target %s", (method, target, host, origin) => {
  expect(screen(HOST, { method, target })).toMatchObject({ kind: "ok", host, target: origin });
});

it("gives an HTTP/1.0 request without Host the address that it came to", () => {
  expect(screen([], { version: "1.0" })).toMatchObject({ kind: "ok", host: "127.0.0.1:3000" });
});

it("counts the fields itself", () => {
  const fields = (count: number): string[] => Array.from({ length: count }, () => ["X", "y"]).flat();
  expect(codeOf(screen([...HOST, ...fields(199)]))).toBe("ok");
  expect(codeOf(screen([...HOST, ...fields(200)]))).toBe("fields-too-large");
});

it.each([
  [["Expect", "100-continue"], "1.1", "ok"],
  [["Expect", "100-Continue"], "1.1", "ok"],
  [["Expect", "100-continue, foo"], "1.1", "expectation-failed"],
  [["Expect", "x100-continue"], "1.1", "expectation-failed"],
  [["Expect", "foo"], "1.0", "ok"],
] as const)("judges %j in HTTP/%s: %s", (headers, version, code) => {
  expect(codeOf(screen([...HOST, ...headers], { version }))).toBe(code);
});

it("counts Max-Forwards down for OPTIONS, and leaves it alone for the rest", () => {
  const headers = [...HOST, "Max-Forwards", "5"];
  expect(screen(headers, { method: "OPTIONS" })).toMatchObject({ maxForwards: 4 });
  expect(screen(headers, { method: "GET" })).toMatchObject({ maxForwards: undefined });
});
