import { type IncomingMessage, request } from "node:http";
import { afterAll, afterEach, beforeAll, expect, it } from "vitest";
import type { LiveEvent } from "../../src/telemetry/live-feed.ts";
import { until } from "../doubles/until.ts";
import { callAdmin } from "./call-admin.ts";
import { startGateway, type TestGateway } from "./start-gateway.ts";

let gateway: TestGateway;
beforeAll(async () => {
  gateway = await startGateway({ flags: { "orders-modern": true, "catalog-modern": false } });
});
afterAll(() => gateway.stop());

const open: Watcher[] = [];
afterEach(async () => {
  for (const watcher of open.splice(0)) watcher.response.destroy();
});

class Watcher {
  readonly response: IncomingMessage;
  readonly events: LiveEvent[] = [];
  missed = 0;
  comments = "";
  #rest = "";

  constructor(response: IncomingMessage) {
    this.response = response.setEncoding("utf8");
    response.on("data", (chunk: string) => this.#take(chunk));
    response.on("error", () => undefined);
  }

  #take(chunk: string): void {
    const messages = (this.#rest + chunk).split("\n\n");
    this.#rest = messages.pop() ?? "";
    for (const message of messages) {
      const [, event, data = ""] = /^(?:event: (\w+)\n)?data: (.*)$/.exec(message) ?? [];
      if (data === "") this.comments += `${message}\n`;
      else if (event === "missed") this.missed += (JSON.parse(data) as { count: number }).count;
      else this.events.push(JSON.parse(data) as LiveEvent);
    }
  }
}

function watch(): Promise<Watcher> {
  return new Promise((resolve, reject) => {
    const sent = request(new URL("/api/live", gateway.adminUrl), { agent: false }, (response) => {
      const watcher = new Watcher(response);
      open.push(watcher);
      resolve(watcher);
    });
    sent.on("error", reject).end();
  });
}

it("tells of each settled exchange, without its query", async () => {
  const watcher = await watch();
  expect(watcher.response.headers["content-type"]).toBe("text/event-stream; charset=utf-8");
  await gateway.sideOf("/orders/7?token=secret");
  await gateway.sideOf("/catalog");
  await until("both are told", () => watcher.events.length === 2);
  const [first, second] = watcher.events;
  expect(first).toEqual({
    atMs: expect.closeTo(Date.now(), -4) as unknown,
    id: expect.stringMatching(/^[0-9a-f]{24}$/) as unknown,
    method: "GET",
    path: "/orders/7",
    status: 200,
    side: "modern",
    route: "orders",
    reason: "flag-on",
    flag: "orders-modern",
    durationMs: expect.any(Number) as unknown,
  });
  expect(second).toMatchObject({ path: "/catalog", side: "legacy", reason: "flag-off" });
  expect(JSON.stringify(watcher.events)).not.toContain("secret");
});

it("tells of an exchange within a second, and says at once that it is watching", async () => {
  const watcher = await watch();
  await until("it says so", () => watcher.comments.includes(": watching"));
  await gateway.sideOf("/catalog");
  await until("it is told", () => watcher.events.length === 1);
});

it("a reader that stops reading costs the others and the requests nothing, and learns how many it missed", async () => {
  const [stuck, quick] = [await watch(), await watch()];
  stuck.response.pause();
  // Together beyond what the sockets on both ends hold for a reader that does not read, and two hundred events more.
  const path = `/catalog/${"x".repeat(7_500)}`;
  const count = 3_000;
  let sent = 0;
  await Promise.all(
    Array.from({ length: 16 }, async () => {
      while (sent < count) {
        sent++;
        const reply = await fetch(new URL(path, gateway.publicUrl));
        await reply.arrayBuffer();
        expect(reply.status).toBe(200);
      }
    }),
  );
  await until("the quick one knows of all", () => quick.events.length + quick.missed >= count);
  stuck.response.resume();
  await until("the stuck one learns of its gap", () => stuck.events.length + stuck.missed >= count, 10_000);
  // Both would have been told the same, had it all been kept for the stuck one.
  expect(stuck.missed).toBeGreaterThan(quick.missed);
});

it("at most 16 watch at once, and whoever leaves makes room", async () => {
  const watchers = await Promise.all(Array.from({ length: 16 }, watch));
  expect(watchers.map(({ response }) => response.statusCode)).toEqual(Array.from({ length: 16 }, () => 200));
  const reply = await callAdmin(gateway.adminUrl, "GET", "/api/live");
  expect([reply.status, reply.headers["retry-after"]]).toEqual([503, "10"]);
  watchers[0]?.response.destroy();
  let replacement: Watcher | undefined;
  await until("there is room", async () => (replacement = await watch()).response.statusCode === 200);
  expect(replacement?.response.statusCode).toBe(200);
});

it("a HEAD request ends", async () => {
  const reply = await callAdmin(gateway.adminUrl, "HEAD", "/api/live");
  expect([reply.status, reply.text]).toEqual([200, ""]);
});

it("/api/series has a place for the traffic of each route, the newest step last", async () => {
  const reply = await callAdmin(gateway.adminUrl, "GET", "/api/series");
  expect(reply.json()).toMatchObject({ stepSeconds: 5, endsAt: expect.stringMatching(/Z$/) as unknown, routes: {} });
});
