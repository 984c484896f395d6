import { createHash } from "node:crypto";
import { type IncomingMessage, request } from "node:http";
import type { Socket } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { openBrowser } from "../doubles/browser.ts";
import { eventually, type Shop, startShop } from "../doubles/start-shop.ts";
import { takesLessThan, timeOf } from "../doubles/takes-less-than.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await startShop();
});
afterAll(() => shop.stop());

const MEGABYTE = 1_048_576;

function* megabytes(count: number): Generator<Buffer> {
  const chunk = Buffer.alloc(MEGABYTE, 7);
  for (let i = 0; i < count; i += 1) yield chunk;
}

it("an upload of 60 MB arrives whole, and a download too", async () => {
  const expected = createHash("sha256");
  for (const chunk of megabytes(60)) expected.update(chunk);
  const upload = await fetch(`${shop.url}/upload`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: Readable.toWeb(Readable.from(megabytes(60))) as ReadableStream,
    duplex: "half",
  });
  expect(await upload.json()).toMatchObject({ bytes: 60 * MEGABYTE, sha256: expected.digest("hex") });

  const download = await fetch(`${shop.url}/download?mb=60`);
  expect(download.headers.get("content-length")).toBe(String(60 * MEGABYTE));
  let bytes = 0;
  for await (const chunk of download.body as ReadableStream<Uint8Array>) bytes += chunk.byteLength;
  expect(bytes).toBe(60 * MEGABYTE);
});

it("a slow reader holds the download back instead of filling the gateway's memory", async () => {
  const before = process.memoryUsage().rss;
  const { response, socket } = await new Promise<{
    response: IncomingMessage;
    socket: Socket;
  }>((resolve, reject) => {
    const asked = request(`${shop.url}/download?mb=300`, (answer) =>
      resolve({ response: answer, socket: asked.socket! }),
    );
    asked.on("error", reject).end();
  });
  response.pause();
  await new Promise((wake) => setTimeout(wake, 1_000));
  expect(process.memoryUsage().rss - before).toBeLessThan(80 * MEGABYTE);
  socket.destroy();
});

it("an event is seen at once, and closing the client closes the upstream within a second", async () => {
  await takesLessThan(1_000, async () => {
    const abort = new AbortController();
    const response = await fetch(`${shop.url}/events`, { signal: abort.signal });
    const reader = (response.body as ReadableStream<Uint8Array>).getReader();
    const first = await reader.read();
    expect(new TextDecoder().decode(first.value)).toMatch(/data:|:/);
    expect(shop.openStreams().events).toBe(1);
    abort.abort();
    return await timeOf(() => eventually(() => expect(shop.openStreams().events).toBe(0)));
  });
});

it("a WebSocket goes where the flag says, as the same user, and closes when its session ends", async () => {
  const alice = openBrowser(shop.url);
  await alice.login("alice");
  for (const [on, side] of [
    [false, "legacy"],
    [true, "modern"],
  ] as const) {
    await shop.flip("ticker-modern", on);
    const socket = new WebSocket(`${shop.url.replace("http", "ws")}/ticker`, {
      headers: { cookie: alice.cookies(), origin: shop.url },
    });
    const hello = await new Promise<string>((resolve, reject) => {
      socket.once("message", (data: Buffer) => resolve(data.toString()));
      socket.once("error", reject);
    });
    expect(JSON.parse(hello)).toMatchObject({ servedBy: side, user: "alice" });
    const closed = new Promise<number>((resolve) => socket.once("close", resolve));
    if (on) {
      await alice.post("/logout");
      expect(await closed).toBe(4401);
    } else {
      socket.close();
      await closed;
    }
  }
});

it("a WebSocket below figway's own prefix reaches no application", async () => {
  const socket = new WebSocket(`${shop.url.replace("http", "ws")}/.figway/ticker`);
  const status = await new Promise<number>((resolve) => {
    socket.once("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
    socket.once("error", () => undefined);
  });
  expect(status).toBe(404);
});

it("a WebSocket from another site's page is refused before a token is minted", async () => {
  const bob = openBrowser(shop.url);
  await bob.login("bob");
  await shop.flip("ticker-modern", true);
  const socket = new WebSocket(`${shop.url.replace("http", "ws")}/ticker`, {
    headers: { cookie: bob.cookies(), origin: "https://evil.example" },
  });
  const status = await new Promise<number>((resolve) => {
    socket.once("unexpected-response", (_request, response) => resolve(response.statusCode ?? 0));
    socket.once("error", () => undefined);
  });
  expect(status).toBe(403);
});
