import { expect, it } from "vitest";
import { HeadReader, type RequestHead } from "../../../../src/transport/inbound/http1/head-reader.ts";

const octets = (text: string): Buffer => Buffer.from(text, "latin1");
const HEAD = "POST /cart?x=%2f HTTP/1.1\r\nHost: shop.example\r\nX-Name: caf\xe9\r\nContent-Length:  5 \r\n\r\n";
const HEADERS = ["Host", "shop.example", "X-Name", "caf\xe9", "Content-Length", "5"];

it("reads a head however it is split, and says where the rest begins", () => {
  const whole = octets(`\r\n${HEAD}hello`);
  for (let cut = 1; cut < whole.length - 5; cut++) {
    const reader = new HeadReader(4_096);
    expect(reader.read(whole.subarray(0, cut))).toBeUndefined();
    const head = reader.read(whole.subarray(cut)) as RequestHead;
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
    expect(reader.read(all.subarray(i, i + 1))).toBeUndefined();
    expect(reader.begun).toBe(true);
  }
  expect(reader.read(all.subarray(-1))).toMatchObject({ headers: HEADERS, end: 1 });
});

it("reads what a client repeats once, and what differs in one octet anew", () => {
  const reader = new HeadReader(4_096);
  const read = (text: string): RequestHead => reader.read(octets(text)) as RequestHead;
  const first = read("GET /1 HTTP/1.1\r\nHost: a\r\nCookie: s=1\r\n\r\n");
  const second = read("GET /2 HTTP/1.1\r\nHost: a\r\nCookie: s=1\r\n\r\n");
  expect(second.line.target).toBe("/2");
  expect(second.headers).toBe(first.headers);
  expect(read("GET /3 HTTP/1.1\r\nHost: a\r\nCookie: s=2\r\n\r\n").headers).toEqual(["Host", "a", "Cookie", "s=2"]);
  // The version decides what the fields mean.
  expect(read("GET /4 HTTP/1.1\r\nHost: a\r\n\r\n").facts.persistent).toBe(true);
  expect(read("GET /4 HTTP/1.0\r\nHost: a\r\n\r\n").facts.persistent).toBe(false);
  expect(read("GET /5 HTTP/1.1\r\n\r\n").headers).toEqual([]);
});

it("keeps nothing when told to forget, and reads on all the same", () => {
  const reader = new HeadReader(4_096);
  const first = reader.read(octets(HEAD)) as RequestHead;
  reader.forget();
  const second = reader.read(octets(HEAD)) as RequestHead;
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
  expect(new HeadReader(4_096).read(octets(text))).toBe("bad-request");
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
  expect(new HeadReader(4_096).read(octets(`GET / HTTP/1.1\r\n${lines}\r\n\r\n`))).toBe("bad-request");
});

it("says which part of a head is too large, be it whole or not", () => {
  const read = (text: string): unknown => new HeadReader(1_024).read(octets(text));
  expect(read(`GET /${"a".repeat(1_100)}`)).toBe("target-too-long");
  expect(read(`GET /${"a".repeat(1_100)} HTTP/1.1\r\n\r\n`)).toBe("target-too-long");
  expect(read(`GET / HTTP/1.1\r\nX: ${"a".repeat(1_100)}`)).toBe("fields-too-large");
  expect(read(`GET / HTTP/1.1\r\nX: ${"a".repeat(1_100)}\r\n\r\n`)).toBe("fields-too-large");
  expect(read(`GET / HTTP/1.1\r\nX: ${"a".repeat(1_024 - 25)}\r\n\r\n`)).toMatchObject({ end: 1_022 });
});
