import type { TLSSocket } from "node:tls";
import { firstFieldValue, type RawHeaders } from "../model/raw-headers.ts";
import type { ClientRequest } from "../transport/client-request.ts";
import { clientAddressOf } from "./client-address.ts";
import type { Services } from "./services.ts";
import type { Snapshot } from "./snapshot.ts";

/** One request and its answer, as it came in. Read-only: what figway sends on is a new thing (Outbound). */
export interface Exchange {
  readonly id: string;
  readonly kind: "request" | "upgrade";
  readonly request: ClientRequest;
  readonly method: string;
  readonly headers: RawHeaders;
  /** The `traceparent` sent upstream (W3C Trace Context). */
  readonly traceparent: string;
  /** `http` or `https`, as the client spoke it; a trusted proxy may say so for it. */
  readonly scheme: "http" | "https";
  /** The peer on the connection. */
  readonly peerAddress: string;
  readonly peerIsTrusted: boolean;
  /** The client behind trusted proxies; the peer itself where there are none. */
  readonly clientAddress: string;
  /** When the head had arrived, in monotonic milliseconds. */
  readonly startedAtMs: number;
  /** The one snapshot that this exchange is judged by. */
  readonly snapshot: Snapshot;
}

/** A request id that a trusted proxy may set: visible ASCII, bounded. */
const REQUEST_ID = /^[A-Za-z0-9._:/+=-]{1,128}$/;

/** Total: whatever came in, there is an exchange to log and to answer. */
export function openExchange(request: ClientRequest, kind: Exchange["kind"], services: Services): Exchange {
  const snapshot = services.currentSnapshot();
  const headers = request.rawHeaders;
  const peerAddress = request.socket.remoteAddress ?? "";
  const peerIsTrusted = snapshot.trustsPeer(peerAddress);
  const ownScheme = (request.socket as Partial<TLSSocket>).encrypted === true ? "https" : "http";
  return {
    id: (peerIsTrusted ? receivedId(headers) : undefined) ?? services.randomHex(12),
    kind,
    request,
    method: request.method,
    headers,
    traceparent: services.continueTrace(firstFieldValue(headers, "traceparent")),
    scheme: peerIsTrusted ? (receivedScheme(headers) ?? ownScheme) : ownScheme,
    peerAddress,
    peerIsTrusted,
    clientAddress: peerIsTrusted ? clientAddressOf(headers, peerAddress, snapshot.trustsPeer) : peerAddress,
    startedAtMs: services.monotonicMs(),
    snapshot,
  };
}

function receivedId(headers: RawHeaders): string | undefined {
  const id = firstFieldValue(headers, "x-request-id");
  return id !== undefined && REQUEST_ID.test(id) ? id : undefined;
}

function receivedScheme(headers: RawHeaders): "http" | "https" | undefined {
  const scheme = firstFieldValue(headers, "x-forwarded-proto")?.trim().toLowerCase();
  return scheme === "http" || scheme === "https" ? scheme : undefined;
}
