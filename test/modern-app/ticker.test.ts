import { once } from "node:events";
import { afterAll, beforeAll, expect, it } from "vitest";
import { WebSocket } from "ws";
import { type RunningModernApp, startModernApp } from "../../modern-app/start-modern-app.ts";
import { until } from "../demo/until.ts";
import { type KeySetServer, startKeySetServer } from "./key-set-server.ts";

let keys: KeySetServer;
let shop: RunningModernApp;

beforeAll(async () => {
  keys = await startKeySetServer();
  shop = await startModernApp({ jwksUrl: keys.jwksUrl, tickMs: 50 });
});

afterAll(async () => {
  await shop.close();
  await keys.close();
});

function open(path: string, authorization?: string): WebSocket {
  const headers = authorization === undefined ? {} : { authorization };
  return new WebSocket(shop.url.replace("http", "ws") + path, { headers });
}

async function nextMessage(socket: WebSocket): Promise<Record<string, unknown>> {
  const [data] = (await once(socket, "message")) as [Buffer];
  return JSON.parse(String(data));
}

it("the ticker knows the user of the token, sends one order after the other, and echoes text", async () => {
  const authorization = await keys.issuer.authorization({ subject: "alice", claims: { name: "alice", roles: [] } });
  const socket = open("/ticker", authorization);
  expect(await nextMessage(socket)).toMatchObject({ servedBy: "modern", user: "alice", order: { number: 1001 } });
  expect(await nextMessage(socket)).toMatchObject({ order: { number: 1002 } });
  socket.send("hello");
  let echo: unknown;
  while (echo === undefined) ({ echo } = await nextMessage(socket));
  expect(echo).toBe("hello");
  socket.terminate();
  await until(() => shop.openSockets() === 0);
});

it("the ticker welcomes a visitor", async () => {
  const socket = open("/ticker");
  expect(await nextMessage(socket)).toMatchObject({ servedBy: "modern", user: null });
  socket.terminate();
});

it("the ticker refuses a token that is not right with 401 and a problem document", async () => {
  const authorization = await keys.issuer.authorization({ subject: "alice", expiresInSeconds: -60 });
  const [, res] = await once(open("/ticker", authorization), "unexpected-response");
  expect([res.statusCode, res.headers["content-type"]]).toEqual([401, "application/problem+json"]);
  expect(JSON.parse((await res.toArray()).join(""))).toMatchObject({ status: 401 });
});

it("an upgrade to anything but the ticker is refused", async () => {
  const [, res] = await once(open("/elsewhere"), "unexpected-response");
  expect(res.statusCode).toBe(404);
});
