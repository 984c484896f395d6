import type { ServerHttp2Stream } from "node:http2";
import type { Socket } from "node:net";
import type { RawHeaders } from "../../../model/raw-headers.ts";

/**
 * A request of an HTTP/2 stream as the HTTP/1.1 message that it means, with as much of Node's `IncomingMessage` as the pipeline uses.
 * `httpVersion` is what the client speaks; major and minor are those of the message that it was turned into.
 */
export class Http2Request {
  readonly httpVersion = "2.0";
  readonly httpVersionMajor = 1;
  readonly httpVersionMinor = 1;
  readonly method: string;
  readonly url: string;
  readonly rawHeaders: RawHeaders;
  readonly rawTrailers: string[] = [];
  readonly socket: Socket;
  readonly stream: ServerHttp2Stream;
  /** Whether all of the body came. */
  complete: boolean;
  readonly #endListeners = new Set<() => void>();

  constructor(
    stream: ServerHttp2Stream,
    socket: Socket,
    head: { method: string; target: string; headers: RawHeaders },
  ) {
    this.stream = stream;
    this.socket = socket;
    this.method = head.method;
    this.url = head.target;
    this.rawHeaders = head.headers;
    this.complete = stream.endAfterHeaders;
    stream.on("trailers", (_trailers, _flags, rawTrailers: readonly string[] = []) =>
      this.rawTrailers.push(...rawTrailers),
    );
    stream.on("end", () => {
      // Node (26.10) ends a stream that was reset like one that is whole. Passed on, a broken upload would look complete.
      if (stream.closed) return;
      this.complete = true;
      for (const listener of this.#endListeners) listener();
    });
  }

  get readableLength(): number {
    return this.stream.readableLength;
  }

  isPaused(): boolean {
    return this.stream.isPaused();
  }

  on(event: "data" | "end", listener: (bytes: Buffer) => void): this {
    if (event === "end") this.#endListeners.add(listener as () => void);
    else this.stream.on(event, listener);
    return this;
  }

  off(event: "data" | "end", listener: (bytes: Buffer) => void): this {
    if (event === "end") this.#endListeners.delete(listener as () => void);
    else this.stream.off(event, listener);
    return this;
  }

  pause(): this {
    this.stream.pause();
    return this;
  }

  resume(): this {
    this.stream.resume();
    return this;
  }
}
