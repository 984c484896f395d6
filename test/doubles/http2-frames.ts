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
export const PRIORITY = 2;
export const RST_STREAM = 3;
export const SETTINGS = 4;
export const PUSH_PROMISE = 5;
export const PING = 6;
export const GOAWAY = 7;
export const WINDOW_UPDATE = 8;
export const CONTINUATION = 9;
export const END_STREAM = 1;
export const END_HEADERS = 4;

const HEADER_TABLE_SIZE = 1;
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

/** An unsigned number of 32 bits, as in RST_STREAM, WINDOW_UPDATE and GOAWAY. */
export function u32(...values: number[]): Buffer {
  const octets = Buffer.alloc(4 * values.length);
  values.forEach((value, i) => octets.writeUInt32BE(value, 4 * i));
  return octets;
}

/** SETTINGS with one setting (RFC 9113 §6.5.1). */
export function setting(id: number, value: number): Buffer {
  return frame(SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, id]), u32(value)]));
}

/** The digits 0 to 9 in HPACK's Huffman code (RFC 7541, Appendix B). */
const DIGITS = new Map([
  ...["00000", "00001", "00010"].map((code, digit) => [code, String(digit)] as const),
  ...Array.from({ length: 7 }, (_, i) => [(0b011001 + i).toString(2).padStart(6, "0"), String(3 + i)] as const),
]);
/** `:status` in the static table, from its index 8 on. */
const STATIC_STATUS = [200, 204, 206, 304, 400, 404, 500];

/** The status of an answer's head: the first field of its block. */
export function statusOf(payload: Buffer): number {
  let at = 0;
  while (((payload[at] as number) & 0xe0) === 0x20) at += 1;
  const first = payload[at] as number;
  if (first >= 0x80) return STATIC_STATUS[(first & 0x7f) - 8] ?? Number.NaN;
  const length = payload[at + 1] as number;
  const value = payload.subarray(at + 2, at + 2 + (length & 0x7f));
  if (length < 0x80) return Number(value.toString("latin1"));
  let status = "";
  let code = "";
  for (const bit of [...value].map((octet) => octet.toString(2).padStart(8, "0")).join("")) {
    code += bit;
    const digit = DIGITS.get(code);
    if (digit === undefined) continue;
    status += digit;
    code = "";
  }
  return Number(status.slice(0, 3));
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

export async function connectFrames(
  port: number,
  options: { readonly allowHalfOpen?: boolean } = {},
): Promise<FrameClient> {
  const socket = connect({ port, host: "127.0.0.1", ALPNProtocols: ["h2"], rejectUnauthorized: false, ...options });
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
  // No dynamic table: so a status can be read without knowing what came before (RFC 9113 §6.5.2).
  send(PREFACE, setting(HEADER_TABLE_SIZE, 0));
  return { socket, send, received, closed };
}
