import net from "node:net";
import tls from "node:tls";
import type { Endpoint } from "../http1/connect-socket.ts";

/** A connection of its own for a tunnel: half-open, because an end that has said everything may still listen. */
export function connectUpstream({ host, port, tls: secure }: Endpoint): { socket: net.Socket; readyEvent: string } {
  const common = { host, port, allowHalfOpen: true };
  if (secure === undefined) {
    const socket = net.connect({ ...common, noDelay: true, keepAlive: true });
    return { socket, readyEvent: "connect" };
  }
  const socket = tls.connect({
    ...common,
    secureContext: secure.context,
    ...(net.isIP(secure.serverName) === 0 ? { servername: secure.serverName } : {}),
    rejectUnauthorized: secure.verify === "verify",
    ALPNProtocols: ["http/1.1"],
  });
  socket.setNoDelay(true);
  socket.setKeepAlive(true);
  return { socket, readyEvent: "secureConnect" };
}
