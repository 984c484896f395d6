/** fast-proxy with its default client, a keep-alive agent of Node's. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { loadPeer, originPorts, servePeer } from "./peer-ready.ts";

interface FastProxy {
  proxy(request: IncomingMessage, response: ServerResponse, source: string, options: object): void;
}

const { default: fastProxy } = await loadPeer<{ default: (options: object) => FastProxy }>("fast-proxy");
const { proxy } = fastProxy({ base: `http://127.0.0.1:${originPorts().legacy}` });
await servePeer(createServer((request, response) => proxy(request, response, request.url ?? "/", {})));
