import type { Socket } from "node:net";

/** What must end when its client's connection does. */
export interface ClientBound {
  onClientClosed(): void;
}

/**
 * The exchanges of each client connection. One `close` listener per connection instead of one per exchange: cheaper, and a client
 * that pipelines cannot pile listeners up.
 */
const bySocket = new WeakMap<Socket, Set<ClientBound>>();

export function watchClient(socket: Socket, exchange: ClientBound): void {
  const known = bySocket.get(socket);
  if (known !== undefined) {
    known.add(exchange);
    return;
  }
  const exchanges = new Set([exchange]);
  bySocket.set(socket, exchanges);
  socket.once("close", () => {
    for (const one of Array.from(exchanges)) one.onClientClosed();
  });
}

export function unwatchClient(socket: Socket, exchange: ClientBound): void {
  bySocket.get(socket)?.delete(exchange);
}
