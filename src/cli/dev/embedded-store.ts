/**
 * The session store where no Redis is installed: js-redis-server in a process of its own. `embedded-store.ts PORT`.
 * It would listen on every interface of the machine; sessions are nobody else's business.
 */
import { Server } from "node:net";
import { createRedisServer } from "js-redis-server";

const listen = Server.prototype.listen;
Server.prototype.listen = function listenOnLoopback(this: Server, port: number) {
  return Reflect.apply(listen, this, [port, "127.0.0.1"]) as Server;
} as typeof listen;

const { server } = await createRedisServer({ port: Number(process.argv[2]) });
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => process.exit(0));
server.server.on("error", (error) => {
  console.error(error.message);
  process.exit(1);
});
