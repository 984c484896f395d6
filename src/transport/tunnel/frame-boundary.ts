/**
 * Follows the frames of one direction of a WebSocket (RFC 6455 §5.2) just far enough to know where one ends, because a close
 * frame of figway's own may stand only there. Looks at headers, never at payloads, and changes nothing.
 */
export class FrameBoundary {
  /** Octets of a frame header that came in an earlier chunk. */
  #header: number[] = [];
  /** Octets of payload still to come. */
  #remaining = 0;

  /** Whether a frame may begin with the next octet. */
  get between(): boolean {
    return this.#remaining === 0 && this.#header.length === 0;
  }

  /** Takes a chunk. Returns the offset behind the last frame that ends in it, or -1 where none does. */
  take(chunk: Buffer): number {
    let at = 0;
    let boundary = -1;
    while (at < chunk.length) {
      if (this.#remaining > 0) {
        const passed = Math.min(this.#remaining, chunk.length - at);
        this.#remaining -= passed;
        at += passed;
      } else {
        this.#header.push(chunk[at++] as number);
        this.#readHeader();
      }
      if (this.between) boundary = at;
    }
    return boundary;
  }

  #readHeader(): void {
    const header = this.#header;
    if (header.length < 2) return;
    const second = header[1] as number;
    const short = second & 0x7f;
    const lengthOctets = short === 126 ? 2 : short === 127 ? 8 : 0;
    const size = 2 + lengthOctets + (second & 0x80 ? 4 : 0);
    if (header.length < size) return;
    let length = lengthOctets === 0 ? short : 0;
    for (let i = 2; i < 2 + lengthOctets; i++) length = length * 256 + (header[i] as number);
    this.#remaining = length;
    this.#header = [];
  }
}

/** The longest reason that fits beside the code into a control frame of 125 octets (RFC 6455 §5.5). */
const MAX_REASON_BYTES = 123;

/** A close frame. Towards an upstream it is masked, with a key of zeroes: what is masked is figway's own. */
export function closeFrame(code: number, reason: string, towards: "client" | "upstream"): Buffer {
  const text = Buffer.from(reason).subarray(0, MAX_REASON_BYTES);
  const masked = towards === "upstream";
  const frame = Buffer.alloc(2 + (masked ? 4 : 0) + 2 + text.length);
  frame[0] = 0x88;
  frame[1] = (masked ? 0x80 : 0) | (2 + text.length);
  const payload = masked ? 6 : 2;
  frame.writeUInt16BE(code, payload);
  text.copy(frame, payload + 2);
  return frame;
}
