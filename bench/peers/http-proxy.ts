/** http-proxy, or one that speaks its API. Argument: the package. With a keep-alive agent, as its users are told to. */
import { Agent, createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { loadPeer, originPorts, servePeer } from "./peer-ready.ts";

interface Proxy {
  web(request: IncomingMessage, response: ServerResponse): void;
  on(event: "error", listener: (error: Error, request: IncomingMessage, response: ServerResponse) => void): void;
}
type CreateProxy = (options: { target: string; agent: Agent }) => Proxy;

const loaded = await loadPeer<{ createProxyServer?: CreateProxy; default?: { createProxyServer: CreateProxy } }>(
  process.argv[2] as string,
);
const createProxyServer = loaded.createProxyServer ?? loaded.default?.createProxyServer;
if (createProxyServer === undefined) throw new Error("the package exports no createProxyServer");
const agent = new Agent({ keepAlive: true, maxSockets: 256, maxFreeSockets: 256 });
const proxy = createProxyServer({ target: `http://127.0.0.1:${originPorts().legacy}`, agent });
proxy.on("error", (_error, _request, response) => response.writeHead(502).end());
await servePeer(createServer((request, response) => proxy.web(request, response)));
