import { expect, it } from "vitest";
import { endToEndAnswerFields, endToEndFields } from "../../src/transport/end-to-end-fields.ts";
import { forwardableTrailers, lastChunk } from "../../src/transport/trailer-fields.ts";

it("keeps order, case and duplicates of what goes on", () => {
  const fields = ["Host", "h", "x-A", "1", "Cookie", "a=1", "X-a", "2", "cookie", "b=2"];
  expect(endToEndFields(fields)).toEqual(fields);
});

it("drops what is for one connection only, in any case", () => {
  const dropped = [
    "cOnnection",
    "Keep-Alive",
    "TE",
    "Upgrade",
    "HTTP2-Settings",
    "Proxy",
    "Proxy-Connection",
    "PROXY-Authorization",
    "Content-Length",
    "transfer-encoding",
    "Trailer",
    "Expect",
  ];
  expect(endToEndFields(dropped.flatMap((name) => [name, "x"]))).toEqual([]);
});

it("drops what any Connection field nominates, also before it and twice", () => {
  const fields = [
    "X-One",
    "1",
    "Connection",
    "keep-alive, x-one ,,X-Two",
    "x-two",
    "2",
    "X-TWO",
    "3",
    "Connection",
    "X-Three",
    "X-Three",
    "4",
    "X-Four",
    "5",
  ];
  expect(endToEndFields(fields)).toEqual(["X-Four", "5"]);
});

it("lets Connection nominate neither Host nor framing", () => {
  expect(endToEndFields(["Host", "h", "Connection", "host"])).toEqual(["Host", "h"]);
  expect(endToEndAnswerFields(["Content-Length", "3", "Connection", "content-length"], 200)).toEqual([
    "Content-Length",
    "3",
  ]);
});

it("leaves Content-Length and Trailer in an answer, and takes the transfer coding out", () => {
  expect(endToEndAnswerFields(["Content-Length", "3", "Transfer-Encoding", "chunked", "Trailer", "X"], 200)).toEqual([
    "Content-Length",
    "3",
    "Trailer",
    "X",
  ]);
});

it("leaves no length in an answer that can have no content", () => {
  for (const status of [103, 204])
    expect(endToEndAnswerFields(["Content-Length", "3", "X", "y"], status)).toEqual(["X", "y"]);
  expect(endToEndAnswerFields(["Content-Length", "3"], 304)).toEqual(["Content-Length", "3"]);
});

it("lets no trailer pose as a field that decides something", () => {
  const forbidden = [
    "Host",
    "Content-Length",
    "Authorization",
    "Set-Cookie",
    "x.forwarded.for",
    "X_Figway_Side",
    "Sec-Fetch-Site",
    "Via",
  ];
  expect(forwardableTrailers([...forbidden.flatMap((name) => [name, "x"]), "X-Sum", "1"])).toEqual(["X-Sum", "1"]);
});

it("lets no trailer break out of its line", () => {
  const text = lastChunk(forwardableTrailers(["X", "a\r\nb", "Y Z", "1", "\u010a", "1", "V", "\u010a", "W", "ok"]));
  expect(text).toBe("0\r\nW: ok\r\n\r\n");
});
