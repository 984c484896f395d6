import type { Duplex } from "node:stream";
import type { Outbound } from "../model/outbound.ts";
import type { Outcome, UpstreamFailure } from "../model/outcome.ts";
import type { ClientRequest } from "./client-request.ts";
import type { Endpoint } from "./http1/connect-socket.ts";
import { Handshake } from "./tunnel/handshake.ts";
import type { OpenTunnel } from "./tunnel/open-tunnel.ts";

/** What a tunnel needs of an upstream. */
export interface TunnelUpstream {
  /** Host and port, for a request without Host. */
  readonly authority: string;
  readonly endpoint: Endpoint;
  readonly limits: {
    readonly connectTimeoutMs: number;
    readonly firstByteTimeoutMs: number;
    readonly idleTimeoutMs: number;
  };
  /** How it does: an `ejected` one is not asked. */
  status(): { readonly health: "up" | "probing" | "ejected" };
  /** Told how the handshake ended: undefined where the upstream gave an answer. */
  observe(failure: UpstreamFailure | undefined): void;
}

export interface TunnelOptions {
  readonly request: ClientRequest;
  /** The client's connection, as the listener handed it over. */
  readonly socket: Duplex;
  /** What the client sent behind its request. */
  readonly head: Buffer;
  readonly outbound: Outbound;
  readonly upstream: TunnelUpstream;
  /** The most time in which neither side of the open tunnel says anything, in milliseconds. Default: 300,000 (5 minutes). */
  readonly idleTimeoutMs?: number;
  /** How long a refused client's further octets are read, so that it can read the answer, in milliseconds. Default: 2,000. */
  readonly lingerMs?: number;
  /** Told of the open tunnel, so that it can be closed from outside. */
  readonly onOpen?: (tunnel: OpenTunnel) => void;
}

/**
 * Carries a WebSocket: sends the handshake of `outbound`, relays what the upstream says to it, and after a 101 every octet both
 * ways. Resolves when the tunnel has closed (status 101), when the upstream's refusal has been relayed (its status), or with what
 * failed; never rejects. Where `responseStarted` is false in a failure, not an octet was written to `socket` and the caller may
 * answer there; where it is true, the connection has been cut.
 */
export function tunnel(options: TunnelOptions): Promise<Outcome> {
  return new Promise((resolve) => new Handshake(options, resolve).start());
}
