import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { expect, it } from "vitest";
import { answerLength, LoadConnection } from "../../../bench/load/load-connection.ts";

it("knows how long an answer is, by its length, by its chunks, and without a body", () => {
  const lengthOf = (text: string) => answerLength(Buffer.from(text));
  expect(lengthOf("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nab")).toBe(40);
  expect(lengthOf("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")).toBe(38);
  expect(lengthOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n")).toBe(59);
  expect(lengthOf("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r")).toBeUndefined();
  expect(lengthOf("HTTP/1.1 200 OK\r\nConte")).toBeUndefined();
});

/** Answers each question with the next of these writes. */
async function talk(writes: readonly (readonly string[])[]): Promise<boolean[]> {
  const server = createServer((socket: Socket) => {
    let asked = 0;
    socket.on("error", () => undefined);
    socket.on("data", () => void writeAll(socket, writes[asked++] ?? []));
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const seen: boolean[] = [];
  await new Promise<void>((done) => {
    const connection = new LoadConnection({
      port: (server.address() as AddressInfo).port,
      requests: ["GET / HTTP/1.1\r\n\r\n"],
      onReady: (self) => self.send(0),
      onLost: () => done(),
      onAnswer(self, _startedAtMs, ok) {
        seen.push(ok);
        if (seen.length === writes.length) done();
        else self.send(0);
      },
    });
    setTimeout(done, 5_000).unref();
    server.on("close", () => connection.close());
  });
  server.close();
  return seen;
}

async function writeAll(socket: Socket, pieces: readonly string[]): Promise<void> {
  for (const piece of pieces) {
    socket.write(piece);
    await new Promise((wake) => setTimeout(wake, 5));
  }
}

it("counts whole answers however they are cut, and takes no other status for success", async () => {
  const good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab";
  const wrong = "HTTP/1.1 502 no\r\nContent-Length: 2\r\n\r\nab";
  const longer = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nabc";
  const seen = await talk([[good], [good.slice(0, 20), good.slice(20)], [wrong], [longer], [good]]);
  expect(seen).toEqual([true, true, false, true, true]);
});
