import { expect, it } from "vitest";
import { HeadReader, type RequestHead } from "../../../../src/transport/inbound/http1/head-reader.ts";

const octets = (text: string): Buffer => Buffer.from(text, "latin1");
const read = (reader: HeadReader, bytes: Buffer) => reader.read(bytes, 0, bytes.length);
const HEAD = "POST /cart?x=%2f HTTP/1.1\r\nHost: shop.example\r\nX-Name: caf\xe9\r\nContent-Length:  5 \r\n\r\n";
const HEADERS = ["Host", "shop.example", "X-Name", "caf\xe9", "Content-Length", "5"];

it("reads a head however it is split, and says where the rest begins", () => {
  const whole = octets(`\r\n${HEAD}hello`);
  for (let cut = 1; cut < whole.length - 5; cut++) {
    const reader = new HeadReader(4_096);
    expect(read(reader, whole.subarray(0, cut))).toBeUndefined();
    const head = read(reader, whole.subarray(cut)) as RequestHead;
    expect(head.headers).toEqual(HEADERS);
    expect(head.line).toEqual({ method: "POST", target: "/cart?x=%2f", minor: 1 });
    expect(head.facts.framing).toMatchObject({ kind: "length", length: 5 });
    expect(whole.toString("latin1", cut + head.end)).toBe("hello");
    expect(reader.begun).toBe(false);
  }
});

it("reads a head octet by octet, and finds it begun from the first one on", () => {
  const reader = new HeadReader(4_096);
  const all = octets(HEAD);
  for (let i = 0; i < all.length - 1; i++) {
    expect(read(reader, all.subarray(i, i + 1))).toBeUndefined();
    expect(reader.begun).toBe(true);
  }
  expect(read(reader, all.subarray(-1))).toMatchObject({ headers: HEADERS, end: 1 });
});

it("reads what a client repeats once, and what differs in one octet anew", () => {
  const reader = new HeadReader(4_096);
  const head = (text: string) => read(reader, octets(text)) as RequestHead;
  const first = head("GET /1 HTTP/1.1\r\nHost: a\r\nCookie: s=1\r\n\r\n");
  const second = head("GET /2 HTTP/1.1\r\nHost: a\r\nCookie: s=1\r\n\r\n");
  expect(second.line.target).toBe("/2");
  expect(second.headers).toBe(first.headers);
  expect(head("GET /3 HTTP/1.1\r\nHost: a\r\nCookie: s=2\r\n\r\n").headers).toEqual(["Host", "a", "Cookie", "s=2"]);
  // The version decides what the fields mean.
  expect(head("GET /4 HTTP/1.1\r\nHost: a\r\n\r\n").facts.persistent).toBe(true);
  expect(head("GET /4 HTTP/1.0\r\nHost: a\r\n\r\n").facts.persistent).toBe(false);
  expect(head("GET /5 HTTP/1.1\r\n\r\n").headers).toEqual([]);
});

it("keeps nothing when told to forget, and reads on all the same", () => {
  const reader = new HeadReader(4_096);
  const first = read(reader, octets(HEAD)) as RequestHead;
  reader.forget();
  const second = read(reader, octets(HEAD)) as RequestHead;
  expect(second.headers).toEqual(first.headers);
  expect(second.headers).not.toBe(first.headers);
});

it.each([
  ["a bare line feed in the request line", "GET / HTTP/1.1\n"],
  ["a bare line feed behind a field", "GET / HTTP/1.1\r\nHost: a\nX: b"],
  ["a line feed first of all", "\nGET"],
  ["a TLS handshake", "\x16\x03\x01"],
  ["a space first of all", " GET"],
])("refuses at once %s", (_name, text) => {
  expect(read(new HeadReader(4_096), octets(text))).toBe("bad-request");
});

it.each([
  ["a folded line", "Host: a\r\nX: 1\r\n 2"],
  ["a space before the colon", "Host : a"],
  ["a space before a name", " Host: a"],
  ["an empty name", ": a"],
  ["a line without a colon", "Host"],
  ["a bare carriage return", "Host: a\rb"],
  ["a NUL", "Host: a\x00b"],
  ["a DEL", "Host: a\x7fb"],
])("refuses a head with %s", (_name, lines) => {
  expect(read(new HeadReader(4_096), octets(`GET / HTTP/1.1\r\n${lines}\r\n\r\n`))).toBe("bad-request");
});

it("says which part of a head is too large, be it whole or not", () => {
  const judge = (text: string): unknown => read(new HeadReader(1_024), octets(text));
  expect(judge(`GET /${"a".repeat(1_100)}`)).toBe("target-too-long");
  expect(judge(`GET /${"a".repeat(1_100)} HTTP/1.1\r\n\r\n`)).toBe("target-too-long");
  expect(judge(`GET / HTTP/1.1\r\nX: ${"a".repeat(1_100)}`)).toBe("fields-too-large");
  expect(judge(`GET / HTTP/1.1\r\nX: ${"a".repeat(1_100)}\r\n\r\n`)).toBe("fields-too-large");
  expect(judge(`GET / HTTP/1.1\r\nX: ${"a".repeat(1_024 - 25)}\r\n\r\n`)).toMatchObject({ end: 1_022 });
});
