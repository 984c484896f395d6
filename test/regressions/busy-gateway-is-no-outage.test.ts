import { once } from "node:events";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import { afterEach, expect, it } from "vitest";
import { takesLessThan, timeOf } from "../doubles/takes-less-than.ts";
import { withinTime } from "../../src/identity/redis/within-time.ts";

/** A server on a thread of its own, which goes on while this one is held up: it answers each octet after 20 ms, and counts its answers. */
const SERVER = `
  const { createServer } = require("node:net");
  const { parentPort, workerData: answers } = require("node:worker_threads");
  const answer = (socket) => socket.write("+", () => {
    Atomics.add(answers, 0, 1);
    Atomics.notify(answers, 0);
  });
  const server = createServer((socket) => socket.on("data", () => setTimeout(answer, 20, socket)));
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

let server: Worker | undefined;
afterEach(() => server?.terminate());

/** Holds this thread up, as a long collection of garbage or a throttled CPU does: for so long, and until the server has answered. */
function stall(ms: number, answers: Int32Array, seen: number): void {
  const endMs = performance.now() + ms;
  Atomics.wait(answers, 0, seen, 10_000);
  while (performance.now() < endMs);
}

it("an answer that came in time counts, although the gateway was held up and looks too late", async () => {
  const answers = new Int32Array(new SharedArrayBuffer(4));
  server = new Worker(SERVER, { eval: true, workerData: answers });
  const [port] = (await once(server, "message")) as [number];
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  for (let i = 0; i < 6; i++) {
    socket.write("?");
    const answer = withinTime(once(socket, "data"), 200);
    // The write leaves the process before it is held up.
    await new Promise((next) => setImmediate(next));
    // Longer than the limit, however long the server's thread waits for its turn.
    stall(250, answers, i);
    expect(String(await answer)).toBe("+");
  }
  socket.destroy();
});

it("an answer that never comes is still given up in time", async () => {
  await takesLessThan(500, () =>
    timeOf(() =>
      expect(withinTime(new Promise(() => undefined), 50)).rejects.toThrow("redis gave no answer within 50 ms"),
    ),
  );
});
