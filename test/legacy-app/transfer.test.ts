import { createHash } from "node:crypto";
import { once } from "node:events";
import { request } from "node:http";
import { connect } from "node:net";
import { Readable } from "node:stream";
import { afterAll, beforeAll, expect, it } from "vitest";
import { downloadBlocks } from "../../legacy-app/routes/transfer.ts";
import { type RunningLegacyApp, startLegacyApp } from "../../legacy-app/start-legacy-app.ts";
import { startRedis, type TestRedis } from "../doubles/start-redis.ts";
import { until } from "../demo/until.ts";

let redis: TestRedis;
let shop: RunningLegacyApp;
const log: string[] = [];

beforeAll(async () => {
  redis = await startRedis("embedded");
  shop = await startLegacyApp({ redisUrl: redis.url, sessionSecret: "secret", log: (line) => log.push(line) });
});

afterAll(async () => {
  await shop.close();
  await redis.stop();
});

it("an upload of unknown length is counted and hashed to the last byte", async () => {
  const req = request(`${shop.url}/upload`, { method: "POST" });
  Readable.from(downloadBlocks(24)).pipe(req);
  const [res] = (await once(req, "response")) as [Readable];
  const answer = JSON.parse((await res.toArray()).join(""));
  const hash = createHash("sha256");
  for (const block of downloadBlocks(24)) hash.update(block);
  expect(answer).toMatchObject({ bytes: 24 * 1024 * 1024, sha256: hash.digest("hex") });
});

it("a multipart form is counted as the bytes of its body", async () => {
  const form = new FormData();
  form.set("picture", new Blob(["kettle"]), "kettle.png");
  const body = Buffer.from(await new Response(form).arrayBuffer());
  const headers = { "content-type": "multipart/form-data; boundary=x" };
  const answer = await fetch(`${shop.url}/upload`, { method: "POST", headers, body });
  expect(await answer.json()).toMatchObject({
    bytes: body.length,
    sha256: createHash("sha256").update(body).digest("hex"),
  });
});

it("an upload that is cut off leaves the shop standing", async () => {
  log.length = 0;
  const { port } = new URL(shop.url);
  const socket = connect(Number(port), "127.0.0.1");
  socket.write("POST /upload HTTP/1.1\r\nHost: shop\r\nContent-Length: 1000\r\n\r\nhalf");
  await once(socket, "connect");
  socket.destroy();
  await until(() => log.some((line) => line.startsWith("POST /upload")));
  expect(log.join()).toContain("cut off");
  expect((await fetch(`${shop.url}/api/catalog`)).status).toBe(200);
});

it("a download has the promised length and the same bytes every time", async () => {
  const answer = await fetch(`${shop.url}/download?mb=3`);
  expect(answer.headers.get("content-length")).toBe(String(3 * 1024 * 1024));
  const bytes = Buffer.from(await answer.arrayBuffer());
  expect(bytes.equals(Buffer.concat([...downloadBlocks(3)]))).toBe(true);
});

it("a download waits for a slow reader instead of filling memory, and ends when the reader leaves", async () => {
  log.length = 0;
  const before = process.memoryUsage().rss;
  const req = request(`${shop.url}/download?mb=1024`).end();
  const [res] = (await once(req, "response")) as [Readable];
  await once(res, "readable");
  const firstBytes = performance.now();
  await until(() => performance.now() - firstBytes > 300);
  expect(process.memoryUsage().rss - before).toBeLessThan(100 * 1024 * 1024);
  req.destroy();
  await until(() => log.some((line) => line.startsWith("GET /download 200 (cut off)")));
});

it.each(["-1", "1.5", "x", "100000"])("a download of %s megabytes is refused", async (mb) => {
  expect((await fetch(`${shop.url}/download?mb=${mb}`)).status).toBe(400);
});
