import { once } from "node:events";
import { connect, type TLSSocket } from "node:tls";

/** HTTP/2 written by hand, for what a well-behaved client cannot be made to send. */
export interface FrameClient {
  readonly socket: TLSSocket;
  send(...frames: Buffer[]): void;
  /** The frames received so far. */
  readonly received: { type: number; flags: number; stream: number; payload: Buffer }[];
  readonly closed: Promise<void>;
}

export const DATA = 0;
export const HEADERS = 1;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PING = 6;
export const GOAWAY = 7;
export const CONTINUATION = 9;
export const END_STREAM = 1;
export const END_HEADERS = 4;

const PREFACE = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

export function frame(type: number, flags: number, stream: number, payload: Buffer = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** HPACK without compression: literals that are not indexed (RFC 7541 §6.2.2). */
export function block(fields: readonly string[]): Buffer {
  const octets: Buffer[] = [];
  for (let i = 0; i < fields.length; i += 2)
    octets.push(Buffer.from([0]), text(fields[i] as string), text(fields[i + 1] as string));
  return Buffer.concat(octets);
}

function text(value: string): Buffer {
  const octets = Buffer.from(value, "latin1");
  if (octets.length < 127) return Buffer.concat([Buffer.from([octets.length]), octets]);
  const length: number[] = [127];
  let rest = octets.length - 127;
  for (; rest >= 128; rest = Math.floor(rest / 128)) length.push((rest % 128) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), octets]);
}

export function requestFields(method: string, path: string, more: readonly string[] = []): string[] {
  return [":method", method, ":scheme", "https", ":authority", "localhost", ":path", path, ...more];
}

export async function connectFrames(port: number): Promise<FrameClient> {
  const socket = connect({ port, host: "127.0.0.1", ALPNProtocols: ["h2"], rejectUnauthorized: false });
  const received: FrameClient["received"] = [];
  let pending = Buffer.alloc(0);
  socket.on("error", () => undefined);
  socket.on("data", (bytes: Buffer) => {
    pending = Buffer.concat([pending, bytes]);
    while (pending.length >= 9 && pending.length >= 9 + pending.readUIntBE(0, 3)) {
      const length = pending.readUIntBE(0, 3);
      const payload = pending.subarray(9, 9 + length);
      received.push({
        type: pending[3] as number,
        flags: pending[4] as number,
        stream: pending.readUInt32BE(5),
        payload,
      });
      pending = pending.subarray(9 + length);
    }
  });
  await once(socket, "secureConnect");
  const closed = new Promise<void>((resolve) => void socket.once("close", () => resolve()));
  const send = (...frames: Buffer[]): void => void socket.write(Buffer.concat(frames));
  send(PREFACE, frame(SETTINGS, 0, 0));
  return { socket, send, received, closed };
}
