/**
 * The session store where no Redis is installed: js-redis-server in a process of its own. `embedded-store.ts PORT`.
 * It would listen on every interface of the machine; sessions are nobody else's business.
 */
import { Server } from "node:net";
import { Redis } from "ioredis";
import { createRedisServer } from "js-redis-server";

const listen = Server.prototype.listen;
Server.prototype.listen = function listenOnLoopback(this: Server, port: number) {
  return Reflect.apply(listen, this, [port, "127.0.0.1"]) as Server;
} as typeof listen;

const port = Number(process.argv[2]);
const { server } = await createRedisServer({ port });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
// Replies are written in small parts; Nagle's algorithm would hold each back for 40 ms.
server.server.on("connection", (socket) => socket.setNoDelay(true));
server.server.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});

// So that figway hears of every change, and keeps sessions in memory as it would with a real Redis.
const client = new Redis({ port, host: "127.0.0.1" });
await client.config("SET", "notify-keyspace-events", "Kg$xe");
client.disconnect();
