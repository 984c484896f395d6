/**
 * The least that Node can do between two sockets: whatever comes is taken for one whole message and passed on. A floor, not a proxy:
 * it would break with the first request that comes in two packets.
 */
import { createServer, connect, type Socket } from "node:net";
import { originPorts, servePeer } from "./peer-ready.ts";

interface Upstream {
  readonly socket: Socket;
  client: Socket;
}

const port = originPorts().legacy;
const idle: Upstream[] = [];

function send(request: Buffer, client: Socket): void {
  const upstream = idle.pop() ?? open(client);
  upstream.client = client;
  upstream.socket.write(request.toString("latin1"), "latin1");
}

function open(client: Socket): Upstream {
  const upstream: Upstream = { socket: connect({ port, host: "127.0.0.1", noDelay: true }), client };
  upstream.socket.on("error", () => undefined);
  upstream.socket.on("data", (answer: Buffer) => {
    idle.push(upstream);
    upstream.client.write(answer.toString("latin1"), "latin1");
  });
  return upstream;
}

await servePeer(
  createServer({ noDelay: true }, (client) => {
    client.on("error", () => undefined);
    client.on("data", (request: Buffer) => send(request, client));
  }),
);
