import type { AddressInfo } from "node:net";
import { afterEach } from "vitest";
import { listenSchema } from "../../../src/config/schema/listen.ts";
import type { ClientRequest } from "../../../src/transport/client-request.ts";
import { type ClientSide, sendAnswer } from "../../../src/transport/client-side.ts";
import { createListener, type Listener, type ListenerOptions } from "../../../src/transport/inbound/create-listener.ts";
import { connectRaw, type RawClient } from "../../conformance/raw-client.ts";

/** What is stopped after each test. */
export const stops: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  await Promise.all(stops.splice(0).map((stop) => stop()));
});

export interface Running {
  readonly listener: Listener;
  readonly port: number;
  client(octets?: string): RawClient;
}

/** A listener without a pipeline: each request goes to `onRequest`. */
export async function listen(
  onRequest: (request: ClientRequest, client: ClientSide) => void,
  timeouts: Partial<ListenerOptions["timeouts"]> = {},
  more: Partial<ListenerOptions> = {},
): Promise<Running> {
  const defaults = listenSchema.parse({});
  const listener = createListener({
    limits: defaults.limits,
    timeouts: { ...defaults.timeouts, ...timeouts },
    onRequest,
    onUpgrade: (_request, socket) => socket.destroy(),
    ...more,
  });
  await new Promise<void>((resolve) => listener.server.listen(0, "127.0.0.1", resolve));
  stops.push(() => listener.drain(0));
  const { port } = listener.server.address() as AddressInfo;
  return {
    listener,
    port,
    client: (octets) => {
      const client = connectRaw(port, octets);
      stops.push(async () => client.destroy());
      return client;
    },
  };
}

export const WEBSOCKET_KEY = "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n";
export const get = (path: string, more = ""): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n${more}\r\n`;
export const say = (client: ClientSide | undefined, text: string, status = 200): void => {
  if (client !== undefined) sendAnswer(client, status, ["Content-Length", String(text.length)], text);
};
export const sayLast = (client: ClientSide, text: string, status: number): void => {
  client.closeAfter();
  say(client, text, status);
};
/** Goes out at once; the answer is not over. */
export const sayPart = (client: ClientSide, text: string): void => {
  if (!client.started) client.head(200, "OK", [], { kind: "chunked" });
  client.body(Buffer.from(text), 0, text.length);
  client.flush();
};
export const echoPath = (request: ClientRequest, client: ClientSide): void => {
  request.discardBody();
  say(client, `<${request.target}>`);
};
export const statuses = (received: string): string[] =>
  [...received.matchAll(/HTTP\/1\.1 (\d{3})/g)].map((m) => m[1] as string);
