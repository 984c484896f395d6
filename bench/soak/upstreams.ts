/**
 * Legacy and modern of the soak, in a process of their own: short answers, long ones, echoes, event streams, WebSockets. Told to, they
 * cut all their connections and come back at the same ports a moment later.
 */
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { WebSocketServer } from "ws";
import { answerParent, tellParent } from "../processes/answer-parent.ts";

export interface UpstreamsRequest {
  readonly kind: "restart" | "count";
}

export interface UpstreamsCount {
  readonly sockets: number;
}

const TICK_MS = 50;
const DOWN_MS = 200;
const LONG_ANSWER = Buffer.alloc(300_000, "long ");

const sockets = new Set<Socket>();

function answer(request: IncomingMessage, response: ServerResponse): void {
  const { pathname } = new URL(request.url ?? "/", "http://upstream");
  if (request.method === "POST") {
    response.writeHead(200, { "content-type": "application/octet-stream" });
    request.pipe(response);
  } else if (pathname.endsWith("/events")) streamEvents(response);
  else if (pathname.endsWith("/long")) response.writeHead(200).end(LONG_ANSWER);
  else response.writeHead(200, { "content-type": "text/plain" }).end(`answer to ${pathname}`);
}

function streamEvents(response: ServerResponse): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  let count = 0;
  const timer = setInterval(() => response.write(`data: ${(count += 1)}\n\n`), TICK_MS);
  response.on("close", () => clearInterval(timer));
}

function makeServer(): Server {
  const server = createServer(answer);
  const webSockets = new WebSocketServer({ noServer: true });
  webSockets.on("connection", (webSocket) => {
    webSocket.on("message", (data, isBinary) => webSocket.send(data, { binary: isBinary }));
    webSocket.on("error", () => undefined);
  });
  server.on("upgrade", (request, socket, head) => {
    webSockets.handleUpgrade(request, socket, head, (webSocket) => webSockets.emit("connection", webSocket, request));
  });
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("error", () => undefined);
    socket.on("close", () => sockets.delete(socket));
  });
  return server;
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

async function restart(): Promise<void> {
  const closed = servers.map((server) => once(server, "close"));
  for (const server of servers) server.close();
  for (const socket of sockets) socket.destroy();
  await Promise.all(closed);
  await new Promise((wake) => setTimeout(wake, DOWN_MS));
  await Promise.all(servers.map((server, i) => listen(server, ports[i] as number)));
}

const servers = [makeServer(), makeServer()];
const ports = await Promise.all(servers.map((server) => listen(server, 0)));

answerParent<UpstreamsRequest>(async ({ kind }) => {
  if (kind === "restart") await restart();
  return { sockets: sockets.size } satisfies UpstreamsCount;
});
tellParent({ legacy: ports[0], modern: ports[1] });
