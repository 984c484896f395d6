import { type RawOrigin, startRawOrigin } from "../../conformance/raw-origin.ts";
import {
  block,
  connectFrames,
  DATA,
  END_HEADERS,
  END_STREAM,
  type FrameClient,
  frame,
  GOAWAY,
  HEADERS,
  requestFields,
  RST_STREAM,
  statusOf,
} from "../../doubles/http2-frames.ts";
import { startSecure } from "../../doubles/start-secure.ts";
import { until } from "../../doubles/until.ts";

/** figway with HTTP/2 in front of an origin that records octets. */
export interface HostileGateway {
  readonly origin: RawOrigin;
  readonly port: number;
  /** A connection of its own; destroyed at the end. */
  connect(): Promise<FrameClient>;
  /** Serves another connection as well as before. */
  isWell(): Promise<void>;
  drain(): Promise<void>;
  stop(): Promise<void>;
}

export const OK = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

export async function startHostileGateway(
  listen: Record<string, unknown> = {},
  upstream: Record<string, unknown> = {},
): Promise<HostileGateway> {
  const origin = await startRawOrigin();
  const clients: FrameClient[] = [];
  const secure = await startSecure({
    listen,
    configure(config) {
      const upstreams = config["upstreams"] as Record<string, unknown>;
      upstreams["legacy"] = { url: `http://127.0.0.1:${origin.port}`, ...upstream };
    },
  });
  const connect = async (): Promise<FrameClient> => {
    const client = await connectFrames(secure.port);
    clients.push(client);
    return client;
  };
  return {
    origin,
    port: secure.port,
    connect,
    async isWell() {
      const client = await connect();
      // Refused by figway itself, whatever the origin does.
      client.send(head(1, requestFields("TRACE", "/well")));
      await until("figway answers another client", () => endOf(client, 1) === "405");
      client.socket.destroy();
    },
    drain: () => secure.gateway.stop(),
    async stop() {
      for (const { socket } of clients) socket.destroy();
      await secure.stop();
      await origin.stop();
    },
  };
}

/** The head of a request; `flags`: whole unless told otherwise. */
export function head(stream: number, fields: readonly string[], flags = END_HEADERS | END_STREAM): Buffer {
  return frame(HEADERS, flags, stream, block(fields));
}

export function data(stream: number, text: string | Buffer, flags = END_STREAM): Buffer {
  return frame(DATA, flags, stream, Buffer.from(text as string, "latin1"));
}

/** The status of an answer once it is whole; `reset <code>` or `closed` where it will never be; undefined: not yet. */
export function endOf({ received, socket }: FrameClient, stream: number): string | undefined {
  const own = received.filter((each) => each.stream === stream);
  const reset = own.find(({ type }) => type === RST_STREAM);
  const whole = own.some(({ type, flags }) => (type === DATA || type === HEADERS) && (flags & END_STREAM) !== 0);
  if (whole) return String(statusesOf(own).find((status) => status >= 200));
  if (reset !== undefined) return `reset ${reset.payload.readUInt32BE(0)}`;
  return socket.destroyed || received.some(({ type, payload }) => type === GOAWAY && payload.readUInt32BE(4) !== 0)
    ? "closed"
    : undefined;
}

/** The statuses of a stream's heads, interim ones included. Of trailers: not a number. */
export function statusesOf(frames: FrameClient["received"], stream?: number): number[] {
  return frames
    .filter((each) => each.type === HEADERS && (stream === undefined || each.stream === stream))
    .map(({ payload }) => statusOf(payload));
}

export function bodyOf({ received }: FrameClient, stream: number): string {
  return received
    .filter((each) => each.type === DATA && each.stream === stream)
    .map(({ payload }) => payload.toString("latin1"))
    .join("");
}
