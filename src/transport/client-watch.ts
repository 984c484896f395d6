import type { Socket } from "node:net";

/** What must end when its client's connection does. */
export interface ClientBound {
  onClientClosed(): void;
}

const watchedBy = Symbol("the exchanges of a client connection");

/**
 * The exchanges of one client connection. Nearly always there is one, and it has a field of its own: a Set that takes and loses an
 * element with each request leaves a chain of dead tables that the young generation's collector copies again and again.
 */
interface Watch {
  first: ClientBound | undefined;
  readonly others: ClientBound[];
}

type WatchedSocket = Socket & { [watchedBy]?: Watch };

/** Calls `onClientClosed` when the connection closes, with one listener per connection and not per exchange. */
export function watchClient(socket: WatchedSocket, exchange: ClientBound): void {
  const known = socket[watchedBy];
  if (known === undefined) {
    const watch: Watch = { first: exchange, others: [] };
    socket[watchedBy] = watch;
    socket.once("close", () => {
      for (const one of [watch.first, ...watch.others]) one?.onClientClosed();
    });
  } else if (known.first === undefined) known.first = exchange;
  else known.others.push(exchange);
}

export function unwatchClient(socket: WatchedSocket, exchange: ClientBound): void {
  const watch = socket[watchedBy];
  if (watch === undefined) return;
  if (watch.first === exchange) {
    watch.first = undefined;
    return;
  }
  const at = watch.others.indexOf(exchange);
  if (at !== -1) watch.others.splice(at, 1);
}
