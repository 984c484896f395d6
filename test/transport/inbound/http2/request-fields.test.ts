import { expect, it } from "vitest";
import { readRequestHead as read } from "../../../../src/transport/inbound/http2/request-fields.ts";

const readRequestHead = (rawHeaders: string[], hasBody: boolean, maxBytes = 1_000) =>
  read(rawHeaders, hasBody, maxBytes);
const PSEUDO = [":method", "GET", ":scheme", "https", ":authority", "shop.test", ":path", "/a?b"];

it("pseudo-header fields become method, target and Host", () => {
  const head = readRequestHead([...PSEUDO, "accept", "*/*"], false);
  expect(head).toEqual({ kind: "ok", method: "GET", target: "/a?b", headers: ["host", "shop.test", "accept", "*/*"] });
});

it("cookie crumbs become one field, in order", () => {
  const head = readRequestHead(
    [...PSEUDO, "cookie", "a=1", "accept", "*/*", "cookie", "b=2", "cookie", "c=3; d=4"],
    false,
  );
  expect(head).toMatchObject({ headers: ["host", "shop.test", "accept", "*/*", "cookie", "a=1; b=2; c=3; d=4"] });
});

it("a body of unannounced length becomes a chunked one, an announced one stays", () => {
  expect(readRequestHead(PSEUDO, true)).toMatchObject({
    headers: ["host", "shop.test", "transfer-encoding", "chunked"],
  });
  expect(readRequestHead([...PSEUDO, "content-length", "3"], true)).toMatchObject({
    headers: ["host", "shop.test", "content-length", "3"],
  });
});

it("Host stands in for a missing :authority, and may repeat it", () => {
  const without = [":method", "GET", ":scheme", "https", ":path", "/", "host", "shop.test"];
  expect(readRequestHead(without, false)).toMatchObject({ headers: ["host", "shop.test"] });
  expect(readRequestHead([...PSEUDO, "host", "SHOP.test"], false)).toMatchObject({ headers: ["host", "shop.test"] });
});

it.each<[string, string[]]>([
  ["two hosts", [...PSEUDO, "host", "other.test"]],
  ["several Host fields", [...PSEUDO, "host", "shop.test", "host", "shop.test"]],
  ["a transfer coding", [...PSEUDO, "transfer-encoding", "chunked"]],
  ["a Connection field", [...PSEUDO, "connection", "close"]],
  ["an upgrade", [...PSEUDO, "upgrade", "websocket"]],
  ["TE with more than trailers", [...PSEUDO, "te", "gzip"]],
  ["an absolute URI as path", [...PSEUDO.slice(0, 6), ":path", "https://other.test/"]],
])("a request with %s is refused", (_title, rawHeaders) => {
  expect(readRequestHead(rawHeaders, false)).toMatchObject({ kind: "refused" });
});

it("counts what the head would have in HTTP/1, and refuses more than the limit", () => {
  const head = [...PSEUDO, "x-long", "v".repeat(100)];
  const bytes = head.reduce((sum, text) => sum + text.length, 2 * head.length);
  expect(readRequestHead(head, false, bytes)).toMatchObject({ kind: "ok" });
  expect(readRequestHead(head, false, bytes - 1)).toMatchObject({ kind: "refused", failure: "fields-too-large" });
});
