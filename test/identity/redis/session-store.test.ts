import { once } from "node:events";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { afterEach, expect, it } from "vitest";
import { RedisSessionStore } from "../../../src/identity/redis/session-store.ts";
import { until } from "../../doubles/until.ts";
import { testDeps } from "../identity-worlds.ts";

const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

/** A server that gives one answer, in RESP2, to whatever it is asked. */
async function startAnswering(reply: string) {
  const server = { reply, commands: [] as string[], url: "" };
  const sockets = new Set<Socket>();
  const listener = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("data", (bytes) => {
      const names = [...bytes.toString().matchAll(/\*\d+\r\n\$\d+\r\n([^\r]+)/g)].map(([, name]) =>
        (name as string).toLowerCase(),
      );
      server.commands.push(...names);
      socket.write(server.reply.repeat(names.length));
    });
  }).listen(0, "127.0.0.1");
  await once(listener, "listening");
  server.url = `redis://127.0.0.1:${(listener.address() as AddressInfo).port}`;
  closers.push(() => {
    listener.close();
    for (const socket of sockets) socket.destroy();
  });
  return server;
}

function storeOn(url: string) {
  const deps = testDeps();
  const store = new RedisSessionStore({ url, prefix: "sess:", commandTimeoutMs: 200, log: deps.log });
  closers.push(() => store.close());
  return { store, logged: deps.logged };
}

const REFUSALS = [
  "LOADING Redis is loading the dataset in memory",
  "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
  "NOAUTH Authentication required.",
  "NOPERM this user has no permissions to run the 'get' command",
  "BUSY Redis is busy running a script.",
];

for (const refusal of REFUSALS) {
  it(`knows of no session while Redis says ${refusal.split(" ")[0]}, and reads it as soon as Redis lets it`, async () => {
    const server = await startAnswering(`-${refusal}\r\n`);
    const { store, logged } = storeOn(server.url);
    await until("Redis was asked", () => server.commands.length > 0);
    for (let i = 0; i < 3; i++) expect(await store.read("sess:a")).toMatchObject({ kind: "unknown" });
    await until("its health says why", () => store.health().detail.includes(refusal.slice(0, 10)));
    expect(store.health().ok).toBe(false);
    server.reply = "$-1\r\n";
    await until("it can be read", () => store.health().ok);
    expect(await store.read("sess:a")).toEqual({ kind: "gone" });
    expect(logged).toEqual(["the session store can be read"]);
  });
}

it("reads many sessions of one turn with one write", async () => {
  const server = await startAnswering("$-1\r\n");
  const { store } = storeOn(server.url);
  await until("it can be read", () => store.health().ok);
  server.commands.length = 0;
  await Promise.all(Array.from({ length: 20 }, (_, i) => store.read(`sess:${i}`)));
  expect(server.commands).toEqual(Array.from({ length: 20 }, () => ["get", "pttl"]).flat());
});

it("asks nothing of a store that is known to be down but whether it is back", async () => {
  const server = await startAnswering("-LOADING soon\r\n");
  const { store } = storeOn(server.url);
  await until("Redis was asked", () => server.commands.length > 0);
  server.commands.length = 0;
  for (let i = 0; i < 1_000; i++) await store.read(`sess:${i}`);
  expect(server.commands.filter((name) => name === "pttl")).toEqual([]);
  expect(server.commands.length).toBeLessThan(5);
});

it("prolongs without waiting, and complains once of a Redis that does not allow it", async () => {
  const server = await startAnswering("$-1\r\n");
  const { store, logged } = storeOn(server.url);
  await until("it can be read", () => store.health().ok);
  server.reply = "-NOPERM this user has no permissions to run the 'expire' command\r\n";
  for (let i = 0; i < 3; i++) expect(store.touch("sess:a", 60)).toBeUndefined();
  await until("it was said", () => logged.includes("sessions cannot be prolonged"));
  expect(logged).toEqual(["the session store can be read", "sessions cannot be prolonged"]);
  expect(store.health().ok).toBe(true);
});
