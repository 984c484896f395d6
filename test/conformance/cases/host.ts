import type { ConformanceCase } from "../conformance-case.ts";
import { equal, forwardedOnce, refusedOrClosed } from "../verdicts.ts";

const get = (fields: string): string => `GET /h HTTP/1.1\r\n${fields}\r\n`;
const number = (prefix: string, index: number): string => `${prefix}-${String(index + 1).padStart(2, "0")}`;

const REFUSED: readonly (readonly [title: string, level: "must" | "should", fields: string])[] = [
  ["no Host", "must", "X: y\r\n"],
  ["two Hosts", "must", "Host: a.example\r\nHost: b.example\r\n"],
  ["two equal Hosts", "must", "Host: a.example\r\nHost: a.example\r\n"],
  ["two Hosts in other letters", "must", "Host: a.example\r\nhOST: b.example\r\n"],
  ["a list of hosts", "must", "Host: a.example, b.example\r\n"],
  ["a space within", "must", "Host: a.example b.example\r\n"],
  ["a path within", "must", "Host: a.example/x\r\n"],
  ["user information", "must", "Host: u@a.example\r\n"],
  ["a port that is no number", "must", "Host: a.example:x\r\n"],
  ["two ports", "must", "Host: a.example:80:80\r\n"],
  ["an unclosed bracket", "must", "Host: [::1\r\n"],
  ["a control character", "must", "Host: a\x01b\r\n"],
  ["a question mark", "must", "Host: a.example?x\r\n"],
  ["a hash", "must", "Host: a.example#x\r\n"],
  ["a backslash", "must", "Host: a.example\\x\r\n"],
  ["a line fold", "must", "Host:\r\n a.example\r\n"],
  ["space before the colon", "must", "Host : a.example\r\n"],
  ["an empty Host", "should", "Host:\r\n"],
  ["a port beyond 65,535", "should", "Host: a.example:99999\r\n"],
  ["octets beyond ASCII", "should", "Host: caf\xe9.example\r\n"],
];

const PASSED: readonly (readonly [title: string, host: string])[] = [
  ["a name", "shop.example"],
  ["a name with a port", "shop.example:8080"],
  ["an IPv4 address", "127.0.0.1"],
  ["an IPv6 address with a port", "[::1]:8080"],
  ["a name with an underscore", "my_shop.example"],
  ["a name in capitals", "SHOP.Example"],
];

export const HOST_CASES: readonly ConformanceCase[] = [
  ...REFUSED.map(
    ([title, level, fields], i): ConformanceCase => ({
      id: number("ho", i),
      area: "host",
      level,
      title: `Host refused: ${title}`,
      client: get(fields),
      verdict: (observed) => refusedOrClosed(observed, 400),
    }),
  ),
  ...PASSED.map(
    ([title, host], i): ConformanceCase => ({
      id: number("hp", i),
      area: "host",
      level: "must",
      title: `Host passed on as it came: ${title}`,
      client: get(`Host: ${host}\r\n`),
      verdict: (observed) => forwardedOnce(observed, (request) => equal("Host", request.fields("host"), [host])),
    }),
  ),
];
