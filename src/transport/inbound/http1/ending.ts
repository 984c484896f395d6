import type { Socket } from "node:net";

/**
 * A client that half-closes and one that left for good look alike: both send FIN. It is served on for as long as it takes octets
 * within each `graceMs`; writing to one that left ends in a reset anyway.
 */
export function graceAfterHalfClose(socket: Socket, graceMs: number, takenBefore = -1): void {
  const taken = socket.bytesWritten - socket.writableLength;
  if (socket.destroyed) return;
  if (taken === takenBefore) {
    socket.destroy();
    return;
  }
  setTimeout(() => graceAfterHalfClose(socket, graceMs, taken), graceMs).unref();
}

/** Our side of a tunnel has ended, by a refusal or with the upstream's: the client's is waited for as long as it says something. */
export function endAfterUpgrade(socket: Socket, lingerMs: number, readBefore = -1): void {
  const { bytesRead, destroyed } = socket;
  if (destroyed) return;
  if (bytesRead === readBefore) {
    socket.destroy();
    return;
  }
  if (socket.listenerCount("data") === 0) socket.resume();
  setTimeout(() => endAfterUpgrade(socket, lingerMs, bytesRead), lingerMs).unref();
}

/**
 * Watches over what is left to write, every second or more often. It does not rely on `finish` and `close`: a TLS connection that was
 * reset just then never says either (seen in Node 26.10), and would be kept for ever.
 */
export class WritingPatience {
  readonly #socket: Socket;
  #taken = -1;
  #takenAtMs = 0;

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** Closes a connection that has taken nothing for `limitMs`. */
  check(nowMs: number, limitMs: number): void {
    const taken = this.#socket.bytesWritten - this.#socket.writableLength;
    if (taken !== this.#taken) {
      this.#taken = taken;
      this.#takenAtMs = nowMs;
    } else if (nowMs - this.#takenAtMs >= limitMs) this.#socket.destroy();
  }
}
