import type { IncomingMessage } from "node:http";
import type { Duplex } from "node:stream";
import { type WebSocket, WebSocketServer } from "ws";
import { tickerOrder } from "./shop-data.ts";

export interface Ticker {
  /** Takes an upgrade request whose user is known; null is a visitor. */
  accept(upgrade: { req: IncomingMessage; socket: Duplex; head: Buffer; user: string | null }): void;
  count(): number;
  /** Says goodbye to every client (1001, RFC 6455 §7.4.1). */
  endAll(): void;
}

const MAX_MESSAGE_BYTES = 64 * 1024;

/** The order ticker over a WebSocket: one order at once, then one every `tickMs`. Text that comes in goes back as an echo. */
export function createTicker(options: { servedBy: "legacy" | "modern"; tickMs: number }): Ticker {
  const server = new WebSocketServer({ noServer: true, maxPayload: MAX_MESSAGE_BYTES });
  server.on("connection", (socket: WebSocket, _req: IncomingMessage, user: string | null) =>
    serve(socket, user, options),
  );
  return {
    accept({ req, socket, head, user }) {
      server.handleUpgrade(req, socket, head, (client) => server.emit("connection", client, req, user));
    },
    count: () => server.clients.size,
    endAll() {
      for (const client of server.clients) client.close(1001, "the shop closes");
    },
  };
}

function serve(
  socket: WebSocket,
  user: string | null,
  { servedBy, tickMs }: { servedBy: string; tickMs: number },
): void {
  let count = 0;
  const send = () => {
    count += 1;
    socket.send(JSON.stringify({ servedBy, user, order: tickerOrder(count) }));
  };
  const ticks = setInterval(send, tickMs);
  socket.on("message", (data, isBinary) => {
    if (!isBinary) socket.send(JSON.stringify({ echo: String(data) }));
  });
  // ws closes the connection itself after a protocol error; without a listener it would end the process.
  socket.on("error", () => socket.terminate());
  socket.on("close", () => clearInterval(ticks));
  send();
}

/** Refuses an upgrade with a complete HTTP answer, so that a proxy in front can relay it. */
export function refuseUpgrade(
  socket: Duplex,
  answer: { status: string; contentType: string; body: string; fields?: string[] },
): void {
  const { status, contentType, body, fields = [] } = answer;
  const head = [
    `HTTP/1.1 ${status}`,
    `Content-Type: ${contentType}`,
    `Content-Length: ${Buffer.byteLength(body)}`,
    "Connection: close",
    ...fields,
  ];
  socket.end(`${head.join("\r\n")}\r\n\r\n${body}`);
}
