import { once } from "node:events";
import { request } from "node:http";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type RunningLegacyApp, startLegacyApp } from "../../legacy-app/start-legacy-app.ts";
import { startRedis, type TestRedis } from "../doubles/start-redis.ts";
import { shopClient } from "./shop-client.ts";
import { until } from "../demo/until.ts";

let redis: TestRedis;
let shop: RunningLegacyApp;

beforeAll(async () => {
  redis = await startRedis("embedded");
  shop = await startLegacyApp({ redisUrl: redis.url, sessionSecret: "secret", tickMs: 50, heartbeatMs: 120 });
});

afterAll(async () => {
  await shop.close();
  await redis.stop();
});

const tickerUrl = () => `${shop.url.replace("http", "ws")}/ticker`;

async function nextMessage(socket: WebSocket): Promise<Record<string, unknown>> {
  const [data] = (await once(socket, "message")) as [Buffer];
  return JSON.parse(String(data));
}

it("the event stream brings the first order at once, then more, with heartbeats between", async () => {
  const client = shopClient(shop.url);
  await client.login("alice");
  const req = request(`${shop.url}/events`, { headers: { cookie: client.cookie() } }).end();
  const [res] = await once(req, "response");
  expect(res.headers).toMatchObject({
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
  });
  let text = "";
  res.setEncoding("utf8").on("data", (part: string) => (text += part));
  await until(() => text.includes("id: 3\n") && text.includes(": heartbeat\n\n"));
  expect(text).toContain('data: {"servedBy":"legacy","user":"alice","order":{"number":1001');
  expect(shop.openStreams().events).toBe(1);
  req.destroy();
  await until(() => shop.openStreams().events === 0);
});

it("the WebSocket knows the user of the session and sends an order at once, then one after the other", async () => {
  const client = shopClient(shop.url);
  await client.login("bob");
  const socket = new WebSocket(tickerUrl(), { headers: { cookie: client.cookie() } });
  expect(await nextMessage(socket)).toMatchObject({ servedBy: "legacy", user: "bob", order: { number: 1001 } });
  expect(await nextMessage(socket)).toMatchObject({ order: { number: 1002 } });
  socket.terminate();
  await until(() => shop.openStreams().sockets === 0);
});

it("the WebSocket welcomes a visitor and echoes text", async () => {
  const socket = new WebSocket(tickerUrl());
  expect(await nextMessage(socket)).toMatchObject({ servedBy: "legacy", user: null });
  socket.send("hello");
  let echo: unknown;
  while (echo === undefined) ({ echo } = await nextMessage(socket));
  expect(echo).toBe("hello");
  socket.terminate();
});

it("an upgrade to anything but the ticker is refused with a complete answer", async () => {
  const socket = new WebSocket(`${shop.url.replace("http", "ws")}/elsewhere`);
  const [, res] = await once(socket, "unexpected-response");
  expect(res.statusCode).toBe(404);
});

it("a stop says goodbye to open streams and does not wait for them", async () => {
  const closing = await startLegacyApp({ redisUrl: redis.url, sessionSecret: "secret" });
  const socket = new WebSocket(`${closing.url.replace("http", "ws")}/ticker`);
  await once(socket, "message");
  const events = await fetch(`${closing.url}/events`);
  const [closed] = await Promise.all([once(socket, "close"), events.text(), closing.close()]);
  expect(closed[0]).toBe(1001);
  await expect(fetch(`${closing.url}/healthz`)).rejects.toThrow();
});
