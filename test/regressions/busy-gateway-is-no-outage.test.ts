import { once } from "node:events";
import { connect } from "node:net";
import { Worker } from "node:worker_threads";
import { afterEach, expect, it } from "vitest";
import { withinTime } from "../../src/identity/redis/within-time.ts";

/** A server on a thread of its own, which goes on while this one is held up: it answers each octet after 20 ms. */
const SERVER = `
  const { createServer } = require("node:net");
  const { parentPort } = require("node:worker_threads");
  const server = createServer((socket) => socket.on("data", () => setTimeout(() => socket.write("+"), 20)));
  server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

let server: Worker | undefined;
afterEach(() => server?.terminate());

/** Keeps the one thread busy, as a long collection of garbage or a throttled CPU does. */
function stall(ms: number): void {
  const endMs = performance.now() + ms;
  while (performance.now() < endMs);
}

it("an answer that came in time counts, although the gateway was held up and looks too late", async () => {
  server = new Worker(SERVER, { eval: true });
  const [port] = (await once(server, "message")) as [number];
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  for (let i = 0; i < 6; i++) {
    socket.write("?");
    const answer = withinTime(once(socket, "data"), 200);
    // The write leaves the process before it is held up.
    await new Promise((next) => setImmediate(next));
    // Longer than the limit, and long enough for the server's thread to get its turn on a busy machine.
    stall(400);
    expect(String(await answer)).toBe("+");
  }
  socket.destroy();
});

it("an answer that never comes is still given up in time", async () => {
  const startedMs = performance.now();
  await expect(withinTime(new Promise(() => undefined), 50)).rejects.toThrow("redis gave no answer within 50 ms");
  expect(performance.now() - startedMs).toBeLessThan(500);
});
