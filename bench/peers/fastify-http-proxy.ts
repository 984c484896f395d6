/** @fastify/http-proxy with its own default client (undici), logging off. */
import type { Server } from "node:http";
import { endWithParent, tellParent } from "../processes/answer-parent.ts";
import { loadPeer, originPorts, type PeerReady } from "./peer-ready.ts";

interface Fastify {
  readonly server: Server;
  register(plugin: unknown, options: object): void;
  listen(options: object): Promise<string>;
}

const { fastify } = await loadPeer<{ fastify: (options: object) => Fastify }>("fastify");
const { default: httpProxy } = await loadPeer<{ default: unknown }>("@fastify/http-proxy");
const app = fastify({ logger: false });
app.register(httpProxy, { upstream: `http://127.0.0.1:${originPorts().legacy}` });
const address = await app.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 });
endWithParent();
tellParent({ port: Number(new URL(address).port), pids: [process.pid] } satisfies PeerReady);
