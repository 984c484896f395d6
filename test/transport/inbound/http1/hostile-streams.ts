import fc from "fast-check";

const HIDDEN = "GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n";

const requestLine = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom("GET /a HTTP/1.1", "POST /b HTTP/1.1", "PUT /c?d=%2F HTTP/1.1") },
  fc.constantFrom(
    "HEAD / HTTP/1.1",
    "DELETE /e HTTP/1.0",
    "OPTIONS * HTTP/1.1",
    "GET http://a/f HTTP/1.1",
    "BREW /pot HTTP/1.1",
    "M-SEARCH / HTTP/1.1",
    "get / HTTP/1.1",
    "GET  / HTTP/1.1",
    "GET /a /b HTTP/1.1",
    "GET /\t HTTP/1.1",
    "GET / HTTP/1.1 ",
    "GET / HTTP/1.2",
    "GET / HTTP/2.0",
    "GET / RTSP/1.0",
    "GET / ICE/1.0",
    "GET /",
    "CONNECT a:80 HTTP/1.1",
    "PRI * HTTP/2.0",
    "GET /#x HTTP/1.1",
    "GET /\xe9 HTTP/1.1",
  ),
);

const fieldLine = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom("Host: a", "Content-Length: 5", "Transfer-Encoding: chunked", "X: y") },
  fc.constantFrom(
    "Content-Length: 0",
    `Content-Length: ${HIDDEN.length}`,
    "content-length: 5",
    "Content-Length : 5",
    "Content-Length:5 ",
    "Content-Length:\t5\t",
    "Content-Length: 5, 5",
    "Content-Length: +5",
    "Content-Length: 5 5",
    "Content-Length: 05",
    "Content-Length: 0x5",
    "Content-Length: 00000000000000005",
    "Content-Length:",
    "Content_Length: 5",
    "Transfer-Encoding:chunked",
    "transfer-encoding: CHUNKED",
    "Transfer-Encoding: chunked ",
    "Transfer-Encoding: chunked, chunked",
    "Transfer-Encoding: gzip, chunked",
    "Transfer-Encoding: identity",
    "Transfer-Encoding: \x0bchunked",
    "Transfer-Encoding: chunked;x",
    "Transfer-Encoding:",
    "Transfer-Encoding : chunked",
    " Transfer-Encoding: chunked",
    "X: y\r\n Transfer-Encoding: chunked",
    "X: y\nTransfer-Encoding: chunked",
    "X: y\rTransfer-Encoding: chunked",
    "X: y\x00",
    "X: \xe9\xff\x80",
    "X:\t y \t",
    "X: a\tb",
    "X",
    ": y",
    "X y: z",
    "X:",
    "Connection: close",
    "Connection: keep-alive",
    "Connection: keep-alive, close",
    "Connection: Content-Length",
    "Expect: 100-continue",
    "Expect: 200-ok",
    "Trailer: X",
    "Host: b",
    "Proxy-Connection: close",
  ),
);

const body = fc.oneof(
  { weight: 3, arbitrary: fc.constant("") },
  fc.constantFrom(
    "hello",
    HIDDEN,
    "5\r\nhello\r\n0\r\n\r\n",
    "0\r\n\r\n",
    `0\r\n\r\n${HIDDEN}`,
    `5;a="b";c\r\nhello\r\n0\r\n\r\n${HIDDEN}`,
    "5 ;a\r\nhello\r\n0\r\n\r\n",
    "5\t\r\nhello\r\n0\r\n\r\n",
    "5 \r\nhello\r\n0\r\n\r\n",
    "5;\r\nhello\r\n0;x\r\n\r\n",
    "5;a\x00\r\nhello\r\n0\r\n\r\n",
    "005\r\nhello\r\n00\r\n\r\n",
    "0000000000000000000005\r\nhello\r\n0\r\n\r\n",
    "fffffffffffffffff\r\nhello",
    "0x5\r\nhello\r\n0\r\n\r\n",
    "-5\r\nhello\r\n0\r\n\r\n",
    "5\nhello\n0\n\n",
    "5\r\nhello0\r\n\r\n",
    "5\r\nhello!\r\n0\r\n\r\n",
    "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\nX: y\r\n\r\n",
    `0\r\nX: y\r\nContent-Length: 5\r\n\r\n${HIDDEN}`,
    "0\r\nTransfer-Encoding: chunked\r\n\r\n",
    "0\r\n X: y\r\n\r\n",
    "0\r\nX : y\r\n\r\n",
    "0\r\nX\r\n\r\n",
    "0\r\nX: y\n\r\n",
    "\r\n",
    "\n",
    "\r",
  ),
);

const message = fc
  .tuple(
    requestLine,
    fc.constantFrom("Host: a", "Host: a", "Host: a", "X: y"),
    fc.array(fieldLine, { maxLength: 2 }),
    body,
  )
  .map(([line, host, lines, text]) => `${[line, host, ...lines].join("\r\n")}\r\n\r\n${text}`);

/** A sound request, so that much of what is changed at random was in order before. */
const sound = fc
  .record({
    method: fc.constantFrom("GET", "POST"),
    version: fc.constantFrom("1.1", "1.1", "1.1", "1.0"),
    connection: fc.constantFrom("", "", "", "Connection: close", "Connection: keep-alive", "Proxy-Connection: close"),
    framing: fc.constantFrom("", "Content-Length: 5", "Transfer-Encoding: chunked"),
  })
  .map(({ method, version, connection, framing }) => {
    const lines = [`${method} /s HTTP/${version}`, "Host: a", connection, framing].filter((line) => line !== "");
    const chunks = "00003\r\nabc\r\n02;x=y\r\nde\r\n0\r\nT: u\r\n\r\n";
    const text = framing === "" ? "" : framing.startsWith("C") ? "hello" : chunks;
    return `${lines.join("\r\n")}\r\n\r\n${text}`;
  });

interface Change {
  readonly kind: "set" | "drop" | "add" | "double";
  readonly where: "anywhere" | "line end";
  readonly at: number;
  readonly text: string;
}

const change: fc.Arbitrary<Change> = fc.record({
  kind: fc.constantFrom("set", "drop", "add", "double"),
  where: fc.constantFrom("anywhere", "line end"),
  at: fc.nat(1_000_000),
  text: fc.oneof(
    fc.constantFrom("\r", "\n", "\r\n", "\r\n\r\n", " ", "\t", "\x00", "\x0b", "\x0c", "\x7f", "\x80", "\xa0", "\xff"),
    fc.constantFrom(":", ";", ",", "0", "1", "5", "a", "f", "x", "/", "-", "+", "_", '"', "\\", "HTTP/1.1", "chunked"),
    fc.integer({ min: 0, max: 255 }).map((octet) => String.fromCharCode(octet)),
  ),
});

function changed(text: string, { kind, where, at, text: by }: Change): string {
  const places = where === "anywhere" ? [] : [...text.matchAll(/[\r\n]/g)].map((match) => match.index);
  const from = places[at % places.length] ?? at % text.length;
  if (kind === "set") return text.slice(0, from) + by + text.slice(from + by.length);
  if (kind === "drop") return text.slice(0, from) + text.slice(from + 1);
  if (kind === "add") return text.slice(0, from) + by + text.slice(from);
  return text.slice(0, from) + text.slice(Math.max(0, from - 12));
}

/** Some requests behind each other, sound and unsound, changed at random. */
export const hostileStream: fc.Arbitrary<Buffer> = fc
  .tuple(
    fc.array(fc.oneof({ weight: 3, arbitrary: sound }, { weight: 2, arbitrary: message }), {
      minLength: 1,
      maxLength: 4,
    }),
    fc.oneof({ weight: 1, arbitrary: fc.constant([]) }, { weight: 3, arbitrary: fc.array(change, { maxLength: 3 }) }),
  )
  .map(([messages, changes]) =>
    Buffer.from(
      changes.reduce((text, change) => changed(text, change), messages.join("")),
      "latin1",
    ),
  );

/** Where the octets are cut: `pieces` cuts a stream there. */
export const cuts: fc.Arbitrary<number[]> = fc.oneof(
  { weight: 4, arbitrary: fc.array(fc.nat(1_000_000), { maxLength: 8 }) },
  { weight: 1, arbitrary: fc.constant<number[]>([-1]) },
);

/** `[-1]` stands for a cut behind each octet. */
export function pieces(octets: Buffer, at: readonly number[]): Buffer[] {
  if (at[0] === -1) return Array.from(octets, (octet) => Buffer.of(octet));
  const bounds = [...new Set(at.map((one) => one % (octets.length + 1))), 0, octets.length].toSorted((a, b) => a - b);
  return bounds.slice(1).flatMap((end, i) => {
    const piece = octets.subarray(bounds[i], end);
    // A copy: whoever reads may write where he has read.
    return piece.length === 0 ? [] : [Buffer.from(piece)];
  });
}
