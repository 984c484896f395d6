import { createServer, type IncomingMessage, type Server, type ServerOptions, type ServerResponse } from "node:http";
import { createServer as createSecureServer } from "node:https";
import { Server as NetServer, type Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import type { InboundLimits, InboundTimeouts } from "../../config/schema/listen.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import { acceptHttp2 } from "./http2/accept-http2.ts";
import { Http2Connection } from "./http2/http2-connection.ts";
import { isWebSocketUpgrade } from "./is-websocket-upgrade.ts";
import { LeanRequest } from "./lean-request.ts";
import type { ParserError, ProtocolFailure } from "./protocol-answer.ts";

export interface ListenerOptions {
  readonly limits: InboundLimits;
  readonly timeouts: InboundTimeouts;
  /** Certificate chain and key in PEM; undefined: plain HTTP. */
  readonly tls?: TlsMaterial | undefined;
  /** Whether clients may choose HTTP/2 in the TLS handshake (ALPN). Default: no. */
  readonly http2?: boolean;
  /** Takes over the exchange, also of requests with `Expect` (100 is not sent by the listener) and before any screening. */
  readonly onRequest: (request: IncomingMessage, response: ServerResponse) => void;
  /** Takes over the socket of a request for a WebSocket. `head` holds octets that came after it. */
  readonly onUpgrade: (request: IncomingMessage, socket: Socket, head: Buffer) => void;
  /** Told of every refusal made below the pipeline; for the metrics. */
  readonly onProtocolFailure?: (failure: ProtocolFailure) => void;
}

export interface TlsMaterial {
  readonly certificate: string | Buffer;
  readonly key: string | Buffer;
  readonly minimumVersion: "TLSv1.2" | "TLSv1.3";
}

export interface Listener {
  /** Not yet listening. */
  readonly server: Server;
  /** Client connections, upgraded ones included. */
  connectionCount(): number;
  /** Further handshakes use this certificate; connections that stand are left alone. */
  replaceCertificate(tls: TlsMaterial): void;
  /**
   * Stops accepting; answers in flight are finished and are the last ones on their connections; idle connections are closed.
   * Resolves when no connection is left, with the number of those that had to be cut at the deadline.
   */
  drain(deadlineMs: number): Promise<{ cut: number }>;
}

/** While draining, a connection that was busy this lately may have a request on its way: it gets its answer, and `close`. */
const RECENTLY_MS = 500;

/** The public listener over Node's HTTP server, with every limit set and no way to crash it from outside. */
export function createListener(options: ListenerOptions): Listener {
  const connections = new Map<object, ClientConnection>();
  let draining = false;
  const owner: ConnectionOwner = {
    timeouts: options.timeouts,
    get draining() {
      return draining;
    },
    onRequest: options.onRequest,
    onUpgrade: options.onUpgrade,
    onProtocolFailure: options.onProtocolFailure ?? (() => undefined),
  };
  const server = createNodeServer(options, (request) => {
    const upgrades = isWebSocketUpgrade(request);
    if (!upgrades) connectionOf(request.socket)?.ignoreUpgrade();
    return upgrades;
  });
  const connectionOf = (socket: object): Connection => connections.get(socket) as Connection;
  const remember = (socket: Socket, connection: ClientConnection): void => {
    connections.set(socket, connection);
    socket.on("close", () => connections.delete(socket));
  };

  if (options.http2 === true)
    offerHttp2(server, options.limits, (session, socket) => {
      remember(socket, new Http2Connection(session, socket, owner));
    });
  server.on(options.tls === undefined ? "connection" : "secureConnection", (socket: Socket) => {
    if (!connections.has(socket)) remember(socket, new Connection(socket, owner));
  });
  server.on("request", (request, response) => connectionOf(request.socket).handle(request, response, "body"));
  server.on("checkContinue", (request, response) => connectionOf(request.socket).handle(request, response, "continue"));
  // Answered with 417 by the screening, in the order of the pipeline like any other request.
  server.on("checkExpectation", (request, response) => connectionOf(request.socket).handle(request, response, "body"));
  server.on("upgrade", (request, socket, head) => connectionOf(socket).handleUpgrade(request, head));
  server.on("connect", (_request, socket) => connectionOf(socket).refuse("not-implemented"));
  server.on("clientError", (error: ParserError, socket) => {
    const connection = connections.get(socket) as Connection | undefined;
    if (connection === undefined) socket.destroy();
    else connection.parserFailed(error);
  });
  watchBodies(server, connections, options.timeouts);

  return {
    server,
    connectionCount: () => connections.size,
    replaceCertificate: (tls) =>
      (server as unknown as SecureServer).setSecureContext(secureOptions(tls, options.http2)),
    drain: (deadlineMs) => {
      draining = true;
      return drainConnections(server, connections, deadlineMs);
    },
  };
}

/** What the listener does with a client's connection, whatever it speaks. */
type ClientConnection = Pick<Connection, "idleSinceMs" | "closeWhenAnswered" | "checkBody" | "destroy">;

/** Node's own handler takes every connection for HTTP/1: it gets those that did not choose HTTP/2. */
function offerHttp2(server: Server, limits: InboundLimits, onSession: Parameters<typeof acceptHttp2>[1]): void {
  const accept = acceptHttp2(limits, onSession);
  const [acceptHttp1] = server.listeners("secureConnection");
  server.removeAllListeners("secureConnection");
  server.on("secureConnection", (socket: TLSSocket) => {
    if (socket.alpnProtocol === "h2") accept(socket);
    else acceptHttp1?.call(server, socket);
  });
}

interface SecureServer {
  setSecureContext(options: object): void;
}

function createNodeServer(
  { limits, timeouts, tls, http2 }: ListenerOptions,
  shouldUpgrade: (request: IncomingMessage) => boolean,
): Server {
  const settings: ServerOptions & Record<string, unknown> = {
    // The screening answers requests without Host; Node's own answer would not say why.
    requireHostHeader: false,
    IncomingMessage: LeanRequest,
    // A request that announces no body begins with its stream ended: no stream events for nine requests of ten.
    optimizeEmptyRequests: true,
    insecureHTTPParser: false,
    joinDuplicateHeaders: false,
    noDelay: true,
    keepAlive: true,
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: timeouts.headerTimeoutMs,
    requestTimeout: timeouts.requestTimeoutMs,
    keepAliveTimeout: timeouts.keepAliveTimeoutMs,
    connectionsCheckingInterval: Math.max(20, Math.min(1_000, timeouts.headerTimeoutMs / 2)),
    // Any other Upgrade is ignored (RFC 9110 §7.8), and the request goes on as what it else is. From Node 22.21 and 24.9.
    shouldUpgradeCallback: shouldUpgrade,
  };
  const server =
    tls === undefined ? createServer(settings) : createSecureServer({ ...settings, ...secureOptions(tls, http2) });
  // Node drops fields beyond 1,000 without a word: a second Content-Length could hide there. The screening counts them.
  server.maxHeadersCount = 0;
  server.maxConnections = limits.maxConnections;
  // In a worker the connections over the limit would otherwise be handed round for ever.
  (server as Server & { dropMaxConnection: boolean }).dropMaxConnection = true;
  // Undocumented but as old as the module: without it a client that half-closes gets its answer cut.
  (server as Server & { httpAllowHalfOpen: boolean }).httpAllowHalfOpen = true;
  return server;
}

function secureOptions(tls: TlsMaterial, http2 = false): object {
  return {
    cert: tls.certificate,
    key: tls.key,
    minVersion: tls.minimumVersion,
    ALPNProtocols: http2 ? ["h2", "http/1.1"] : ["http/1.1"],
    handshakeTimeout: 10_000,
  };
}

function watchBodies(server: Server, connections: Map<object, ClientConnection>, timeouts: InboundTimeouts): void {
  const intervalMs = Math.max(20, Math.min(1_000, timeouts.bodyIdleTimeoutMs / 2));
  let timer: NodeJS.Timeout | undefined;
  server.on("listening", () => {
    timer = setInterval(() => {
      const now = performance.now();
      for (const connection of connections.values()) connection.checkBody(now);
    }, intervalMs).unref();
  });
  server.on("close", () => clearInterval(timer));
}

function drainConnections(
  server: Server,
  connections: Map<object, ClientConnection>,
  deadlineMs: number,
): Promise<{ cut: number }> {
  // Not Server#close of node:http: that destroys connections whose next request may be on its way.
  NetServer.prototype.close.call(server);
  for (const connection of connections.values()) connection.closeWhenAnswered();
  const deadline = performance.now() + deadlineMs;
  return new Promise((resolve) => {
    const step = (): void => {
      const now = performance.now();
      for (const connection of connections.values()) {
        const { idleSinceMs } = connection;
        if (idleSinceMs !== undefined && now - idleSinceMs > RECENTLY_MS) connection.destroy();
      }
      const cut = now >= deadline ? connections.size : 0;
      if (cut > 0) for (const connection of connections.values()) connection.destroy();
      if (cut === 0 && connections.size > 0) {
        setTimeout(step, 25);
        return;
      }
      server.close();
      resolve({ cut });
    };
    step();
  });
}
