import type { EventEmitter } from "node:events";
import type { IncomingMessage } from "node:http";
import { Http2Request } from "./inbound/http2/http2-request.ts";

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

type Watched = EventEmitter & { [watchedBy]?: Watch };

/** What closes when the client is gone: its connection, or its stream of one. */
function endOf(request: IncomingMessage): Watched {
  return request instanceof Http2Request ? request.stream : request.socket;
}

/** Calls `onClientClosed` when the connection closes, with one listener per connection and not per exchange. */
export function watchClient(request: IncomingMessage, exchange: ClientBound): void {
  const socket = endOf(request);
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

export function unwatchClient(request: IncomingMessage, exchange: ClientBound): void {
  const watch = endOf(request)[watchedBy];
  if (watch === undefined) return;
  if (watch.first === exchange) {
    watch.first = undefined;
    return;
  }
  const at = watch.others.indexOf(exchange);
  if (at !== -1) watch.others.splice(at, 1);
}
