import { afterAll, beforeAll, beforeEach, expect, it } from "vitest";
import {
  block,
  CONTINUATION,
  END_HEADERS,
  END_STREAM,
  frame,
  requestFields,
  u32,
  WINDOW_UPDATE,
} from "../doubles/http2-frames.ts";
import { until } from "../doubles/until.ts";
import { data, endOf, head, type HostileGateway, OK, startHostileGateway } from "./http2-hostile/hostile-gateway.ts";

/** What becomes of requests that mean one thing in HTTP/2 and another once they are HTTP/1.1 (CWE-444). */
let figway: HostileGateway;

beforeAll(async () => {
  figway = await startHostileGateway({ limits: { maxHeaderFields: 50 } });
});
beforeEach(() => figway.origin.behave(OK));
afterAll(() => figway.stop());

/** PROTOCOL_ERROR: what nghttp2 says of a malformed message (RFC 9113 §8.1.1). */
const MALFORMED = "reset 1";
const BASE = { ":method": "GET", ":scheme": "https", ":authority": "localhost", ":path": "/x" };
const SMUGGLED = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";

/** A good request's fields with some of them changed, or left out where undefined, and more behind. */
function fields(changes: Record<string, string | undefined>, ...more: string[]): string[] {
  const all: Record<string, string | undefined> = { ...BASE, ...changes };
  return [...Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [name, value])), ...more];
}

const post = (more: string[], ...frames: Buffer[]): Buffer[] => [
  head(1, fields({ ":method": "POST" }, ...more), END_HEADERS),
  ...frames,
];

/** Sends them and waits for the end of stream 1. Whatever it is, the origin must have read nothing that is no request. */
async function ends(...frames: Buffer[]): Promise<string | undefined> {
  const client = await figway.connect();
  client.send(...frames);
  await until("the stream ends", () => endOf(client, 1) !== undefined);
  const end = endOf(client, 1);
  client.socket.destroy();
  expect(figway.origin.garbage).toEqual([]);
  return end;
}

const CONTROLS: [string, string][] = [
  ["CR LF", "\r\n"],
  ["LF", "\n"],
  ["CR", "\r"],
  ["NUL", "\0"],
  ["DEL", "\x7f"],
];

it.each(
  [...CONTROLS, ["a space", " "], ["a tab", "\t"]].flatMap(([name, octets]) =>
    Object.keys(BASE).map((field) => [name, field, `${field === ":path" ? "/" : ""}a${octets}b`] as const),
  ),
)("%s within %s is malformed", async (_name, field, value) => {
  expect(await ends(head(1, fields({ [field]: value })))).toBe(MALFORMED);
  expect(figway.origin.requests).toEqual([]);
});

it.each([...CONTROLS, ["white space at the start", ""]])(
  "a field whose name or value holds %s is left out by nghttp2, and nothing of it goes on",
  async (_name, octets) => {
    const value = octets === "" ? " a" : `a${octets}x-second: 1`;
    const end = await ends(
      head(1, fields({}, "x-value", value, `x-name${octets} `, "1", "x-good", "1", "cookie", value)),
    );
    expect(end).toBe("200");
    const [request] = figway.origin.requests;
    const names = request?.message().fields.map(([name]) => name.toLowerCase()) ?? [];
    expect(names).toContain("x-good");
    expect(names.filter((name) => /^x-(?!good|forwarded|request)|^cookie$/.test(name))).toEqual([]);
  },
);

it.each<[string, string[]]>([
  ["Transfer-Encoding", ["transfer-encoding", "chunked"]],
  ["Connection", ["connection", "close"]],
  ["Upgrade", ["upgrade", "h2c"]],
  ["Keep-Alive", ["keep-alive", "1"]],
  ["Proxy-Connection", ["proxy-connection", "keep-alive"]],
  ["TE with a coding", ["te", "trailers, gzip"]],
  ["a name in upper case", ["X-Upper", "1"]],
  ["an unknown pseudo-header field", [":x", "1"]],
  ["a pseudo-header field of answers", [":status", "200"]],
  ["a pseudo-header field behind others", ["x-a", "1", ":path", "/late"]],
  ["two Content-Lengths that agree", ["content-length", "0", "content-length", "0"]],
  ["two Content-Lengths that do not", ["content-length", "0", "content-length", "5"]],
  ["two Hosts", ["host", "localhost", "host", "localhost"]],
  ["an empty Host beside :authority", ["host", ""]],
])("a request with %s is malformed", async (_name, more) => {
  expect(await ends(head(1, fields({}, ...more)))).toBe(MALFORMED);
  expect(figway.origin.requests).toEqual([]);
});

it.each<[string, Record<string, string | undefined>]>([
  ["no :method", { ":method": undefined }],
  ["no :scheme", { ":scheme": undefined }],
  ["no :path", { ":path": undefined }],
  ["neither :authority nor Host", { ":authority": undefined }],
  ["an empty :path", { ":path": "" }],
  ["an empty :authority", { ":authority": "" }],
  ["an absolute :path", { ":path": "https://other.test/" }],
  ["a :path without a slash", { ":path": "@other.test" }],
  ["* for another method than OPTIONS", { ":path": "*" }],
  ["a method with a second line's beginning", { ":method": "GET /x HTTP/1.1" }],
  ["user information in :authority", { ":authority": "user@localhost" }],
  ["a path in :authority", { ":authority": "localhost/y" }],
  ["CONNECT with a :path", { ":method": "CONNECT" }],
])("a request with %s is malformed", async (_name, changes) => {
  expect(await ends(head(1, fields(changes)))).toBe(MALFORMED);
  expect(figway.origin.requests).toEqual([]);
});

it("a second :path among the pseudo-header fields, and extended CONNECT (RFC 8441), are malformed", async () => {
  expect(await ends(head(1, [":path", "/first", ...fields({})]))).toBe(MALFORMED);
  expect(await ends(head(1, [":protocol", "websocket", ...fields({ ":method": "CONNECT" })]))).toBe(MALFORMED);
  expect(figway.origin.requests).toEqual([]);
});

it.each<[string, string, string[]]>([
  ["HTTP2-Settings", "400", fields({}, "http2-settings", "AAAA")],
  ["a list in :authority", "400", fields({ ":authority": "localhost,other.test" })],
  ["a port beyond 65535", "400", fields({ ":authority": "localhost:99999" })],
  ["a Host that is not :authority", "400", fields({}, "host", "other.test")],
  ["a Host with another port", "400", fields({}, "host", "localhost:8443")],
  ["a fragment in :path", "400", fields({ ":path": "/a#b" })],
  ["octets beyond ASCII in :path", "400", fields({ ":path": "/caf\u00e9" })],
  ["TRACE", "405", fields({ ":method": "TRACE" })],
  ["a long :path", "414", fields({ ":path": `/${"a".repeat(9_000)}` })],
  ["another expectation", "417", fields({}, "expect", "200-ok")],
  ["too many fields", "431", fields({}, ...Array.from({ length: 60 }, (_, i) => [`x-${i}`, "v"]).flat())],
  ["CONNECT", "501", [":method", "CONNECT", ":authority", "localhost:80"]],
])("a request with %s is refused by figway with %s", async (_name, status, all) => {
  expect(await ends(head(1, all))).toBe(status);
  expect(figway.origin.requests).toEqual([]);
});

it("far too many fields end in a reset, and too many octets of them in 431 also where the client confirms no limit", async () => {
  const many = Array.from({ length: 400 }, (_, i) => [`x-${i}`, "v"]).flat();
  // ENHANCE_YOUR_CALM.
  expect(await ends(head(1, fields({}, ...many)))).toBe("reset 11");
  const large = Array.from({ length: 4 }, (_, i) => [`x-${i}`, "v".repeat(3_900)]).flat();
  const continued = [0, 0, END_HEADERS].map((flags) => frame(CONTINUATION, flags, 1, block(large)));
  expect(await ends(head(1, fields({}, ...large), END_STREAM), ...continued)).toBe("431");
  expect(figway.origin.requests).toEqual([]);
});

it.each<[string, string, Buffer[]]>([
  ["with END_STREAM on the head", MALFORMED, [head(1, fields({ ":method": "POST" }, "content-length", "5"))]],
  ["that is more than comes", MALFORMED, post(["content-length", "10"], data(1, "12345"))],
  ["that is less than comes", "closed", post(["content-length", "3"], data(1, SMUGGLED))],
  ["of 0 although a body comes", "closed", post(["content-length", "0"], data(1, SMUGGLED))],
  [
    "that less comes than, before trailers",
    MALFORMED,
    post(["content-length", "9"], data(1, "1234", 0), head(1, ["x", "y"])),
  ],
  ...["+5", "-1", "5,5", "5 ", "0x5", "", "1e1", "99999999999999999999"].map((value): [string, string, Buffer[]] => [
    `'${value}'`,
    MALFORMED,
    post(["content-length", value], data(1, "12345")),
  ]),
  ["of 20 digits", "400", post(["content-length", "00000000000000000005"], data(1, "12345"))],
  [
    "beside Transfer-Encoding",
    MALFORMED,
    post(["content-length", "5", "transfer-encoding", "chunked"], data(1, SMUGGLED)),
  ],
])("a Content-Length %s ends with %s, and smuggles nothing", async (_name, end, frames) => {
  expect(await ends(...frames)).toBe(end);
  await figway.isWell();
  expect(figway.origin.requests.filter(({ target }) => target !== "/x")).toEqual([]);
  expect(figway.origin.requests.filter(({ message }) => message().body !== "" && message().complete)).toEqual([]);
});

it("a body is framed anew, whatever it looks like and whatever the method is", async () => {
  for (const method of ["POST", "GET", "HEAD"]) {
    figway.origin.behave(OK.replace("ok", method === "HEAD" ? "" : "ok"));
    expect(await ends(head(1, fields({ ":method": method }), END_HEADERS), data(1, SMUGGLED))).toBe("200");
    expect(figway.origin.requests.map((each) => each.message())).toMatchObject([
      { startLine: `${method} /x HTTP/1.1`, body: SMUGGLED, framing: "chunked", complete: true },
    ]);
  }
});

it("what passes is one HTTP/1.1 request with the same meaning", async () => {
  const more = [
    "cookie",
    "a=1",
    "x-obs",
    "caf\u00e9",
    "cookie",
    "b=2",
    "te",
    "trailers",
    "proxy-x",
    "1",
    "cookie",
    "c",
  ];
  expect(await ends(head(1, fields({ ":path": "//other.test/%00/..;a?b c".replace(" ", "+") }, ...more)))).toBe("200");
  const [request, ...others] = figway.origin.requests;
  expect(others).toEqual([]);
  expect(request?.message().startLine).toBe("GET //other.test/%00/..;a?b+c HTTP/1.1");
  expect(request?.fields("host")).toEqual(["localhost"]);
  expect(request?.fields("cookie")).toEqual(["a=1; b=2; c"]);
  expect(request?.field("x-obs")).toBe("caf\u00e9");
  expect([...(request?.fields("te") ?? []), ...(request?.fields("proxy-x") ?? [])]).toEqual([]);
});

it("OPTIONS * keeps its target, and Host stands in for :authority", async () => {
  expect(await ends(head(1, fields({ ":method": "OPTIONS", ":path": "*" })))).toBe("200");
  expect(await ends(head(1, fields({ ":authority": undefined }, "host", "shop.test")))).toBe("200");
  expect(figway.origin.requests.map((each) => each.message().startLine)).toEqual([
    "OPTIONS * HTTP/1.1",
    "GET /x HTTP/1.1",
  ]);
  expect(figway.origin.requests[1]?.field("host")).toBe("shop.test");
});

it.each<[string, string[]]>([
  ["a pseudo-header field", [":path", "/t"]],
  ["a name in upper case", ["X-T", "1"]],
  ["a Content-Length that is not the body's", ["content-length", "5"]],
  ["Transfer-Encoding", ["transfer-encoding", "chunked"]],
  ["Connection", ["connection", "close"]],
])("trailers with %s make the whole request malformed", async (_name, trailer) => {
  expect(await ends(...post([], data(1, "abc", 0), head(1, trailer)))).toBe(MALFORMED);
  await figway.isWell();
  expect(figway.origin.requests.filter((each) => each.message().complete)).toEqual([]);
});

it("trailers beyond the largest head make the request no request", async () => {
  const large = Array.from({ length: 4 }, (_, i) => [`x-${i}`, "v".repeat(3_900)]).flat();
  const frames = post([], data(1, "abc", 0), head(1, large, END_STREAM));
  const continued = [0, 0, END_HEADERS].map((flags) => frame(CONTINUATION, flags, 1, block(large)));
  expect(await ends(...frames, ...continued)).toBe("reset 2");
  await until("the origin hears of it", () =>
    figway.origin.requests.every((each) => each.connection.state() !== "open"),
  );
  expect(figway.origin.requests.filter((each) => each.message().complete)).toEqual([]);
});

it("trailers that route or authenticate are left out, others go on", async () => {
  const kept = ["x-sum", "1"];
  const dropped = [
    "content-length",
    "3",
    "cookie",
    "a=1",
    "authorization",
    "x",
    "host",
    "b",
    "x_forwarded_for",
    "1",
    "te",
    "trailers",
  ];
  expect(await ends(...post([], data(1, "abc", 0), head(1, [...dropped, ...kept])))).toBe("200");
  expect(figway.origin.requests[0]?.message()).toMatchObject({ body: "abc", trailers: [["x-sum", "1"]] });
});

it.each<[string, Buffer[]]>([
  ["a second head without END_STREAM", post([], head(1, ["x", "y"], END_HEADERS))],
  ["DATA behind the end", [head(1, requestFields("GET", "/x")), data(1, "abc")]],
  ["a head behind the end", [head(1, requestFields("GET", "/x")), head(1, ["x", "y"])]],
  ["DATA before any head", [data(1, "abc")]],
  ["an even stream", [head(2, requestFields("GET", "/x")), data(1, "abc")]],
  ["a window of nothing", [...post([]), frame(WINDOW_UPDATE, 0, 1, u32(0))]],
])("%s is no request", async (_name, frames) => {
  expect(await ends(...frames)).toMatch(/^(?:reset \d+|closed)$/);
  await figway.isWell();
  expect(figway.origin.requests.filter((each) => each.message().body !== "")).toEqual([]);
});
