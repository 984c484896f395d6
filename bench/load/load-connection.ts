import { connect, type Socket } from "node:net";

export interface LoadConnectionOptions {
  readonly port: number;
  /** Sent round and round. */
  readonly requests: readonly string[];
  /** Called after each answer, with the time from the moment given to `send`. */
  readonly onAnswer: (connection: LoadConnection, startedAtMs: number, ok: boolean) => void;
  /** The connection was lost; it connects anew by itself. */
  readonly onLost: (connection: LoadConnection, wasWaiting: boolean) => void;
  readonly onReady: (connection: LoadConnection) => void;
}

const OK_LINE = "HTTP/1.1 200";
const RECONNECT_MS = 20;

/**
 * One keep-alive connection that asks the same questions again and again. It reads the first answer in full to learn its length; an
 * answer that comes in one piece of that length is then counted by its status line alone, so that the load costs less than what it
 * measures.
 */
export class LoadConnection {
  readonly #options: LoadConnectionOptions;
  #socket: Socket | undefined;
  #startedAtMs = 0;
  #waiting = false;
  #usualLength = -1;
  #partial: Buffer | undefined;
  #closed = false;
  #asked = 0;

  constructor(options: LoadConnectionOptions) {
    this.#options = options;
    this.#connect();
  }

  /** Asks. `startedAtMs` is when the question was due: waiting for a free connection counts as latency. */
  send(startedAtMs: number): void {
    this.#startedAtMs = startedAtMs;
    this.#waiting = true;
    const { requests } = this.#options;
    this.#socket?.write(requests[this.#asked++ % requests.length] as string, "latin1");
  }

  close(): void {
    this.#closed = true;
    this.#socket?.destroy();
  }

  #connect(): void {
    const socket = connect({ port: this.#options.port, host: "127.0.0.1", noDelay: true });
    this.#socket = socket;
    socket.on("connect", () => this.#options.onReady(this));
    socket.on("data", (bytes: Buffer) => this.#take(bytes));
    socket.on("error", () => undefined);
    socket.on("close", () => this.#onClose());
  }

  #onClose(): void {
    this.#partial = undefined;
    const wasWaiting = this.#waiting;
    this.#waiting = false;
    if (this.#closed) return;
    this.#options.onLost(this, wasWaiting);
    setTimeout(() => {
      if (!this.#closed) this.#connect();
    }, RECONNECT_MS);
  }

  #take(bytes: Buffer): void {
    if (this.#partial === undefined && bytes.length === this.#usualLength) {
      this.#done(bytes.toString("latin1", 0, OK_LINE.length) === OK_LINE);
      return;
    }
    const all = this.#partial === undefined ? bytes : Buffer.concat([this.#partial, bytes]);
    const length = answerLength(all);
    if (length === undefined || all.length < length) {
      this.#partial = all;
      return;
    }
    this.#partial = undefined;
    this.#usualLength = length;
    this.#done(all.length === length && all.toString("latin1", 0, OK_LINE.length) === OK_LINE);
  }

  #done(ok: boolean): void {
    // An answer to no question is a failure of the proxy's.
    const asked = this.#waiting;
    this.#waiting = false;
    this.#options.onAnswer(this, this.#startedAtMs, ok && asked);
  }
}

/** The octets of the first whole answer in `bytes`; undefined while its head or its chunks are not all there. */
export function answerLength(bytes: Buffer): number | undefined {
  const headEnd = bytes.indexOf("\r\n\r\n");
  if (headEnd === -1) return undefined;
  const head = bytes.toString("latin1", 0, headEnd + 2);
  const length = /\r\ncontent-length: *(\d+)\r\n/i.exec(head);
  if (length !== null) return headEnd + 4 + Number(length[1]);
  if (!/\r\ntransfer-encoding: *chunked\r\n/i.test(head)) return headEnd + 4;
  const end = bytes.indexOf("\r\n0\r\n\r\n", headEnd + 2);
  return end === -1 ? undefined : end + 7;
}
