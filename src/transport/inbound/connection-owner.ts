import type { Socket } from "node:net";
import type { InboundLimits, InboundTimeouts } from "../../config/schema/listen.ts";
import type { ClientRequest } from "../client-request.ts";
import type { ClientSide } from "../client-side.ts";
import type { ProtocolFailure } from "./protocol-answer.ts";

/** What a client's connection needs of its listener. */
export interface ConnectionOwner {
  readonly limits: InboundLimits;
  readonly timeouts: InboundTimeouts;
  readonly draining: boolean;
  /** The fields that tell an HTTP/1 client that it may go on, and for how long. */
  readonly keepAliveFields: string;
  onRequest(request: ClientRequest, client: ClientSide): void;
  onUpgrade(request: ClientRequest, socket: Socket, head: Buffer): void;
  onProtocolFailure(failure: ProtocolFailure): void;
}
