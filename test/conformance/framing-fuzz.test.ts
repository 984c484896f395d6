import fc from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { connectRaw } from "./raw-client.ts";
import { type RawOrigin, startRawOrigin } from "./raw-origin.ts";
import { readMessage } from "./read-messages.ts";
import { OK } from "./run-case.ts";
import { FIGWAY } from "./targets/figway.ts";

let origin: RawOrigin;
let gateway: { port: number; stop(): Promise<void> };

beforeAll(async () => {
  origin = await startRawOrigin();
  gateway = await FIGWAY.start(origin.port);
});

afterAll(async () => {
  await gateway.stop();
  await origin.stop();
});

const HIDDEN = "GET /hidden HTTP/1.1\r\nHost: shop.example\r\n\r\n";

/** Field lines with which smugglers work, sound and unsound. */
const fieldLine = fc.constantFrom(
  "Content-Length: 0",
  "Content-Length: 5",
  `Content-Length: ${HIDDEN.length}`,
  `Content-Length: ${HIDDEN.length + 5}`,
  "content-length: 5",
  "Content-Length : 5",
  "Content-Length: 5, 5",
  "Content-Length: +5",
  "Content_Length: 5",
  "Transfer-Encoding: chunked",
  "transfer-encoding: CHUNKED",
  "Transfer-Encoding: chunked ",
  "Transfer-Encoding:chunked",
  "Transfer-Encoding: identity",
  "Transfer-Encoding: x, chunked",
  "Transfer-Encoding: \x0bchunked",
  "Transfer-Encoding : chunked",
  " Transfer-Encoding: chunked",
  "X: y\n Transfer-Encoding: chunked",
  "X: y\nTransfer-Encoding: chunked",
  "X: y\rTransfer-Encoding: chunked",
  "Connection: Content-Length",
  "Connection: Transfer-Encoding",
  "Connection: close",
  "Connection: Upgrade\r\nUpgrade: h2c",
  "Connection: Upgrade\r\nUpgrade: websocket",
  "Expect: 100-continue",
  "X: y",
);

const body = fc.constantFrom(
  "",
  "hello",
  HIDDEN,
  `0\r\n\r\n${HIDDEN}`,
  `5\r\nhello\r\n0\r\n\r\n${HIDDEN}`,
  `5;x="\r\n"\r\nhello\r\n0\r\n\r\n${HIDDEN}`,
  `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`,
  `5\nhello\n0\n\n${HIDDEN}`,
  `0\r\nX: y\r\n\r\n${HIDDEN}`,
  `hello${HIDDEN}`,
);

const message = fc.record({
  method: fc.constantFrom("GET", "POST", "DELETE", "HEAD", "OPTIONS"),
  version: fc.constantFrom("1.1", "1.1", "1.1", "1.0"),
  lines: fc.array(fieldLine, { maxLength: 3 }),
  body,
});

const targetIn = (run: number): string => `/${String(run).padStart(5, "0")}`;

/** Targets carry the number of the run: a request of the run before may still be on its way. */
const octetsOf = (
  run: number,
  messages: readonly { method: string; version: string; lines: string[]; body: string }[],
): string =>
  messages
    .map(({ method, version, lines, body }, i) => {
      const fields = ["Host: shop.example", ...lines].map((line) => `${line}\r\n`).join("");
      return `${method} ${targetIn(run)}${i} HTTP/${version}\r\n${fields}\r\n${body.replace("/hidden", `${targetIn(run)}h`)}`;
    })
    .join("");

interface Wanted {
  /** The requests that the suite's own strict reading finds, up to the first one whose head it cannot read. */
  readonly targets: readonly string[];
  /** How many of them are whole. */
  readonly whole: number;
}

function wantedOf(octets: string): Wanted {
  const targets: string[] = [];
  let whole = 0;
  for (let at = 0; at < octets.length; ) {
    // Empty lines before a request are passed over (RFC 9112 §2.2), also what is left of one behind a body that was too long.
    while (octets[at] === "\r" || octets[at] === "\n") at++;
    const read = readMessage(octets, at, "request");
    // A head in order before a body that is not: the origin may see its beginning.
    const head = typeof read === "string" ? readMessage(octets, at, "answer-without-body") : read;
    if (head === undefined || typeof head === "string") break;
    const line = /^[A-Z]+ (\S+) HTTP\/1\.[01]$/.exec(head.message.startLine);
    if (line === null) break;
    targets.push(line[1] as string);
    if (read !== head || !head.message.complete) break;
    whole += 1;
    at = head.end;
  }
  return { targets, whole };
}

async function alive(): Promise<void> {
  origin.behave(OK);
  const client = connectRaw(gateway.port, "GET /alive HTTP/1.1\r\nHost: shop.example\r\n\r\n");
  expect(await client.until((received) => received.endsWith("ok"))).toBe(true);
  client.destroy();
}

it("the origin sees the requests that a strict reader sees, in order, or fewer, and never others", async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(message, { minLength: 1, maxLength: 3 }), fc.nat(), async (messages, cut) => {
      const octets = octetsOf(++run, messages);
      origin.behave(OK);
      const client = connectRaw(gateway.port);
      client.socket.setNoDelay(true);
      const at = cut % octets.length;
      client.send(octets.slice(0, at));
      await new Promise((resolve) => setImmediate(resolve));
      client.send(octets.slice(at));
      client.end();
      await client.untilClosed(1_500);
      client.destroy();
      const wanted = wantedOf(octets);
      const requests = origin.requests.filter(({ target }) => target.startsWith(targetIn(run)));
      const seen = requests.map(({ target }) => target);
      const seenWhole = requests.filter((request) => request.message().complete).length;
      expect(origin.garbage).toEqual([]);
      expect(seen).toEqual(wanted.targets.slice(0, seen.length));
      expect(seenWhole).toBeLessThanOrEqual(wanted.whole);
    }),
    { numRuns: 700 },
  );
  await alive();
}, 30_000);

it("octets changed, lost and cut at will neither kill the gateway nor reach the origin as garbage", async () => {
  const sound = octetsOf(0, [
    { method: "POST", version: "1.1", lines: ["Transfer-Encoding: chunked"], body: "5\r\nhello\r\n0\r\n\r\n" },
    { method: "GET", version: "1.1", lines: ["X: y"], body: "" },
  ]);
  await fc.assert(
    fc.asyncProperty(
      fc.array(
        fc.record({
          at: fc.nat(sound.length - 1),
          octet: fc.integer({ min: 0, max: 255 }),
          kind: fc.constantFrom("set", "drop", "add"),
        }),
        { maxLength: 4 },
      ),
      fc.constantFrom("end", "reset"),
      async (changes, manner) => {
        const octets = Buffer.from(sound, "latin1");
        let parts = [...octets];
        for (const { at, octet, kind } of changes) {
          if (kind === "set") parts[at] = octet;
          else parts = kind === "drop" ? parts.toSpliced(at, 1) : parts.toSpliced(at, 0, octet);
        }
        origin.behave(OK);
        const client = connectRaw(gateway.port, Buffer.from(parts));
        if (manner === "end") client.end();
        await client.until((received) => received.includes("\r\n\r\n"), 15);
        client.reset();
        expect(origin.garbage).toEqual([]);
      },
    ),
    { numRuns: 500 },
  );
  await alive();
}, 30_000);
