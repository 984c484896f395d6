/** http-proxy-middleware on a server of Node's own, without Express, which would only add to its cost. */
import { Agent, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { loadPeer, originPorts, servePeer } from "./peer-ready.ts";

type Middleware = (request: IncomingMessage, response: ServerResponse, next: () => void) => Promise<void>;

const { createProxyMiddleware } = await loadPeer<{
  createProxyMiddleware: (options: { target: string; agent: Agent }) => Middleware;
}>("http-proxy-middleware");
const agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 256 });
const proxy = createProxyMiddleware({ target: `http://127.0.0.1:${originPorts().legacy}`, agent });
await servePeer(createServer((request, response) => void proxy(request, response, () => response.end())));
