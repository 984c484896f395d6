import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { readLent } from "../../../../src/transport/inbound/http1/read-lent.ts";

const stops: (() => void)[] = [];

afterEach(() => {
  for (const stop of stops.splice(0)) stop();
});

/** Both ends of a connection; the second is the one that was accepted. */
async function pair(): Promise<{ client: Socket; accepted: Socket }> {
  const server = createServer({ allowHalfOpen: true }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const client = connect((server.address() as AddressInfo).port, "127.0.0.1");
  const [accepted] = (await once(server, "connection")) as [Socket];
  stops.push(
    () => client.destroy(),
    () => accepted.destroy(),
    () => server.close(),
  );
  return { client, accepted };
}

function reading(accepted: Socket) {
  const seen = { text: "", memories: new Set<ArrayBufferLike>(), giveBack: () => undefined as void };
  seen.giveBack = readLent(accepted, (bytes, length) => {
    seen.text += bytes.toString("latin1", 0, length);
    seen.memories.add(bytes.buffer);
  });
  return seen;
}

it("all accepted sockets read into one buffer, on this Node", async () => {
  const [one, two] = [await pair(), await pair()];
  const [first, second] = [reading(one.accepted), reading(two.accepted)];
  one.client.write("a");
  await expect.poll(() => first.text).toBe("a");
  two.client.write("b");
  await expect.poll(() => second.text).toBe("b");
  one.client.write("c".repeat(200_000));
  await expect.poll(() => first.text.length).toBe(200_001);
  expect(new Set([...first.memories, ...second.memories]).size).toBe(1);
});

it("a paused socket is not read, and the end is told once all has been", async () => {
  const { client, accepted } = await pair();
  const seen = reading(accepted);
  accepted.pause();
  client.write("later");
  const other = await pair();
  const control = reading(other.accepted);
  other.client.write("x");
  await expect.poll(() => control.text).toBe("x");
  expect(seen.text).toBe("");
  accepted.resume();
  await expect.poll(() => seen.text).toBe("later");
  const ended = once(accepted, "end");
  client.end("last");
  await ended;
  expect(seen.text).toBe("laterlast");
});

it("a socket that is given back is a stream again, with its backpressure and nothing lost", async () => {
  const { client, accepted } = await pair();
  const seen = reading(accepted);
  client.write("before");
  await expect.poll(() => seen.text).toBe("before");
  accepted.pause();
  seen.giveBack();
  const sent = Buffer.from("0123456789".repeat(200_000));
  client.write(sent);
  client.end();
  await new Promise((wake) => setTimeout(wake, 50));
  expect(accepted.readableLength).toBeLessThan(1_000_000);
  const parts: Buffer[] = [];
  accepted.on("data", (part: Buffer) => parts.push(part));
  accepted.resume();
  await once(accepted, "end");
  expect(Buffer.concat(parts).equals(sent)).toBe(true);
  expect(seen.text).toBe("before");
});
