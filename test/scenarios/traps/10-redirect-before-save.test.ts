import { once } from "node:events";
import { createServer, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { RedisStore } from "connect-redis";
import express from "express";
import session, { type SessionData } from "express-session";
import { Redis } from "ioredis";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser } from "../../doubles/browser.ts";
import { takesLessThan, timeOf } from "../../doubles/takes-less-than.ts";
import { SESSION_SECRET, type Shop, startShop } from "../../doubles/start-shop.ts";

/** How long the store takes to save: far longer than a browser takes to follow a redirect. */
const SAVE_MS = 250;

class SlowStore extends RedisStore {
  override async set(sid: string, data: SessionData, callback?: (error?: unknown) => void): Promise<void> {
    await new Promise((wake) => setTimeout(wake, SAVE_MS));
    await super.set(sid, data, callback as never);
  }
}

let shop: Shop;
let legacy: Server;
let redis: Redis;

beforeAll(async () => {
  const app = express();
  // Created once the shop's Redis is known.
  let handle: express.Handler = (_request, response) => void response.sendStatus(503);
  app.use((request, response, next) => void handle(request, response, next));
  app.post("/login", (request, response) => {
    request.session.user = { id: "alice", name: "alice", roles: [] };
    // As many applications do: without waiting for the session to be saved.
    response.redirect(303, "/api/me");
  });
  app.get("/stream", (_request, response) => {
    response.writeHead(200, {
      "content-type": "text/event-stream",
      "set-cookie": "connect.sid=s%3Aanother.one; Path=/",
    });
    response.write("data: at once\n\n");
  });
  app.get("/long", (_request, response) => {
    response.writeHead(200, { "set-cookie": "connect.sid=s%3Aanother.one; Path=/" });
    response.write("the first part");
  });
  legacy = createServer(app).listen(0, "127.0.0.1");
  await once(legacy, "listening");
  const { port } = legacy.address() as AddressInfo;
  shop = await startShop({ environment: { LEGACY_URL: `http://127.0.0.1:${port}` } });
  redis = new Redis(shop.redis.url);
  handle = session({
    store: new SlowStore({ client: redis }),
    secret: SESSION_SECRET,
    resave: false,
    saveUninitialized: false,
  });
  await shop.flip("me-modern", true);
});

afterAll(async () => {
  await shop.stop();
  redis.disconnect();
  legacy.closeAllConnections();
  legacy.close();
});

it("a browser that follows the login's redirect at once is known to modern, though legacy saves late", async () => {
  for (let round = 0; round < 3; round += 1) {
    const browser = openBrowser(shop.url);
    // `fetch` hands the answer over with its head, and so does a browser.
    expect((await browser.login("alice")).status).toBe(303);
    expect((await browser.get("/api/me")).json()).toMatchObject({ servedBy: "modern", user: { id: "alice" } });
  }
});

it("an event stream that sets the session cookie is not kept back", async () => {
  const abort = new AbortController();
  await takesLessThan(1_000, () =>
    timeOf(async () => {
      const response = await fetch(`${shop.url}/stream`, { signal: abort.signal });
      const { value } = await (response.body as ReadableStream<Uint8Array>).getReader().read();
      expect(new TextDecoder().decode(value)).toBe("data: at once\n\n");
    }),
  );
  abort.abort();
});

it("an answer that never ends is kept back for two seconds at the most", async () => {
  await takesLessThan(3_000, async () => {
    const startedMs = performance.now();
    const socket = connect(Number(new URL(shop.url).port), "127.0.0.1");
    socket.write(`GET /long HTTP/1.1\r\nHost: shop\r\n\r\n`);
    const [first] = (await once(socket, "data")) as [Buffer];
    const waitedMs = performance.now() - startedMs;
    socket.destroy();
    expect(first.toString()).toContain("the first part");
    expect(waitedMs).toBeGreaterThan(1_500);
    return waitedMs;
  });
});
