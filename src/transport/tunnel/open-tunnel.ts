import type { Duplex } from "node:stream";
import { closeFrame, FrameBoundary } from "./frame-boundary.ts";

/** An open tunnel, to be closed from outside: on logout, expiry, shutdown. */
export interface OpenTunnel {
  /**
   * Says good-bye to both ends with a close frame of this code (RFC 6455 §7.4) where the stream stands between two frames, and
   * closes. Frames from the upstream that have begun are finished first, for a moment.
   */
  close(code: number, reason: string): void;
}

export interface OpenTunnelOptions {
  readonly client: Duplex;
  readonly upstream: Duplex;
  readonly idleTimeoutMs: number;
  readonly onClosed: () => void;
}

/** How long a frame under way may take to end, and the client to answer the close frame, when a tunnel is closed from outside. */
const FAREWELL_MS = 1_000;
/** After one side has ended, the most time in which the other says nothing: most peers that send FIN are gone. */
const HALF_CLOSED_QUIET_MS = 10_000;

/** Octets both ways with backpressure, each end told of the other's end. */
export class Tunnel implements OpenTunnel {
  readonly #client: Duplex;
  readonly #upstream: Duplex;
  readonly #down = new FrameBoundary();
  readonly #up = new FrameBoundary();
  readonly #onClosed: () => void;
  #idle: NodeJS.Timeout;
  #idleTimeoutMs: number;
  #farewell: { code: number; reason: string } | undefined;
  #ended = 0;
  #closed = false;

  constructor(options: OpenTunnelOptions) {
    this.#client = options.client;
    this.#upstream = options.upstream;
    this.#idleTimeoutMs = options.idleTimeoutMs;
    this.#onClosed = options.onClosed;
    this.#idle = setTimeout(() => this.close(1001, "idle"), options.idleTimeoutMs);
  }

  /** Begins with what each end has already sent. */
  start(fromClient: Buffer, fromUpstream: Buffer): void {
    this.#relay(this.#client, this.#upstream, (chunk) => this.#sendUp(chunk));
    this.#relay(this.#upstream, this.#client, (chunk) => this.#sendDown(chunk));
    if (fromClient.length > 0) this.#sendUp(fromClient);
    if (fromUpstream.length > 0) this.#sendDown(fromUpstream);
  }

  close(code: number, reason: string): void {
    if (this.#farewell !== undefined || this.#closed) return;
    this.#farewell = { code, reason };
    clearTimeout(this.#idle);
    setTimeout(() => this.#destroy(), FAREWELL_MS).unref();
    if (this.#up.between) this.#upstream.write(closeFrame(code, reason, "upstream"));
    this.#upstream.end();
    if (this.#down.between) this.#sayFarewell();
  }

  #relay(from: Duplex, to: Duplex, send: (chunk: Buffer) => boolean): void {
    from.on("data", (chunk: Buffer) => {
      this.#idle.refresh();
      if (send(chunk)) return;
      from.pause();
      to.once("drain", () => from.resume());
    });
    from.on("end", () => {
      if (!to.writableEnded) to.end();
      this.#onEnded();
    });
    from.on("error", () => undefined);
    from.on("close", () => {
      // Without an end the connection was reset: the other side must not take what it has for everything.
      if (from.readableEnded) to.end(() => this.#ended < 2 && to.destroy());
      else to.destroy();
      this.#finish();
    });
    from.resume();
  }

  #sendUp(chunk: Buffer): boolean {
    this.#up.take(chunk);
    // Whatever the client says after the farewell is its answer to it.
    return this.#farewell === undefined ? this.#upstream.write(chunk) : true;
  }

  #sendDown(chunk: Buffer): boolean {
    const wasBetween = this.#down.between;
    const boundary = this.#down.take(chunk);
    if (this.#farewell === undefined) return this.#client.write(chunk);
    if (wasBetween || this.#client.writableEnded) return true;
    this.#client.write(boundary === -1 ? chunk : chunk.subarray(0, boundary));
    if (boundary !== -1) this.#sayFarewell();
    return true;
  }

  #sayFarewell(): void {
    if (this.#farewell === undefined || this.#client.writableEnded) return;
    this.#client.end(closeFrame(this.#farewell.code, this.#farewell.reason, "client"));
  }

  #onEnded(): void {
    this.#ended += 1;
    clearTimeout(this.#idle);
    if (this.#ended === 2 || this.#farewell !== undefined) return;
    this.#idleTimeoutMs = Math.min(this.#idleTimeoutMs, HALF_CLOSED_QUIET_MS);
    this.#idle = setTimeout(() => this.#destroy(), this.#idleTimeoutMs);
  }

  #destroy(): void {
    this.#client.destroy();
    this.#upstream.destroy();
  }

  #finish(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#idle);
    this.#onClosed();
  }
}
