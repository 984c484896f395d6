import { createServer, type Server, type ServerOpts, type Socket } from "node:net";
import { createServer as createSecureServer, type Server as SecureServer, type TLSSocket } from "node:tls";
import type { InboundLimits, InboundTimeouts } from "../../config/schema/listen.ts";
import type { ConnectionOwner } from "./connection-owner.ts";
import { Http1Connection } from "./http1/http1-connection.ts";
import { acceptHttp2 } from "./http2/accept-http2.ts";
import { Http2Connection } from "./http2/http2-connection.ts";
import type { ProtocolFailure } from "./protocol-answer.ts";

export interface ListenerOptions {
  readonly limits: InboundLimits;
  readonly timeouts: InboundTimeouts;
  /** Certificate chain and key in PEM; undefined: plain HTTP. */
  readonly tls?: TlsMaterial | undefined;
  /** Whether clients may choose HTTP/2 in the TLS handshake (ALPN). Default: no. */
  readonly http2?: boolean;
  /** Takes over the exchange, also of requests with `Expect` (100 is not sent by the listener) and before any screening. */
  readonly onRequest: ConnectionOwner["onRequest"];
  /** Takes over the socket of a request for a WebSocket. `head` holds octets that came after it. */
  readonly onUpgrade: ConnectionOwner["onUpgrade"];
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

/** What the listener does with a client's connection, whatever it speaks. */
type ClientConnection = Pick<Http1Connection, "idleSinceMs" | "closeWhenAnswered" | "check" | "destroy">;

/** While draining, a connection that was busy this lately may have a request on its way: it gets its answer, and `close`. */
const RECENTLY_MS = 500;

/** The public listener, with every limit set and no way to crash it from outside. */
export function createListener(options: ListenerOptions): Listener {
  const { limits, timeouts } = options;
  const connections = new Set<ClientConnection>();
  let draining = false;
  const owner: ConnectionOwner = {
    limits,
    timeouts,
    keepAliveFields: `Connection: keep-alive\r\nKeep-Alive: timeout=${Math.floor(timeouts.keepAliveTimeoutMs / 1_000)}\r\n`,
    get draining() {
      return draining;
    },
    onRequest: options.onRequest,
    onUpgrade: options.onUpgrade,
    onProtocolFailure: options.onProtocolFailure ?? (() => undefined),
  };
  const remember = (socket: Socket, connection: ClientConnection): void => {
    connections.add(connection);
    socket.on("close", () => connections.delete(connection));
  };
  const acceptHttp1 = (socket: Socket): void => remember(socket, new Http1Connection(socket, owner));
  const server = options.tls === undefined ? createServer(SOCKET_OPTIONS, acceptHttp1) : openSecure(options.tls);
  server.maxConnections = limits.maxConnections;
  // In a worker the connections over the limit would otherwise be handed round for ever.
  (server as Server & { dropMaxConnection: boolean }).dropMaxConnection = true;
  checkNowAndThen(server, connections, timeouts);

  return {
    server,
    connectionCount: () => connections.size,
    replaceCertificate: (tls) => (server as SecureServer).setSecureContext(secureOptions(tls, options.http2)),
    drain: (deadlineMs) => {
      draining = true;
      return drainConnections(server, connections, deadlineMs);
    },
  };

  function openSecure(tls: TlsMaterial): SecureServer {
    const acceptHttp2Session = acceptHttp2(limits, (session, socket) =>
      remember(socket, new Http2Connection(session, socket, owner)),
    );
    return createSecureServer({ ...SOCKET_OPTIONS, ...secureOptions(tls, options.http2) }, (socket: TLSSocket) => {
      if (socket.alpnProtocol !== "h2") acceptHttp1(socket);
      else {
        // There a stream is ended, never half of the connection: a client that ends that has left.
        socket.allowHalfOpen = false;
        acceptHttp2Session(socket);
      }
    });
  }
}

/** A client that half-closes still gets its answer. */
const SOCKET_OPTIONS: ServerOpts = { allowHalfOpen: true, noDelay: true, keepAlive: true };

function secureOptions(tls: TlsMaterial, http2 = false): object {
  return {
    cert: tls.certificate,
    key: tls.key,
    minVersion: tls.minimumVersion,
    ALPNProtocols: http2 ? ["h2", "http/1.1"] : ["http/1.1"],
    handshakeTimeout: 10_000,
  };
}

/** One coarse timer for the deadlines of all connections. */
function checkNowAndThen(server: Server, connections: ReadonlySet<ClientConnection>, timeouts: InboundTimeouts): void {
  const { headerTimeoutMs, bodyIdleTimeoutMs, keepAliveTimeoutMs, requestTimeoutMs, lingerMs } = timeouts;
  const shortest = Math.min(
    headerTimeoutMs,
    bodyIdleTimeoutMs,
    keepAliveTimeoutMs,
    requestTimeoutMs || 2_000,
    lingerMs,
  );
  const intervalMs = Math.max(20, Math.min(1_000, shortest / 2));
  let timer: NodeJS.Timeout | undefined;
  server.on("listening", () => {
    timer = setInterval(() => {
      const nowMs = performance.now();
      for (const connection of connections) connection.check(nowMs);
    }, intervalMs).unref();
  });
  server.on("close", () => clearInterval(timer));
}

function drainConnections(
  server: Server,
  connections: ReadonlySet<ClientConnection>,
  deadlineMs: number,
): Promise<{ cut: number }> {
  server.close();
  for (const connection of connections) connection.closeWhenAnswered();
  const deadline = performance.now() + deadlineMs;
  return new Promise((resolve) => {
    const step = (): void => {
      const now = performance.now();
      for (const connection of connections) {
        const { idleSinceMs } = connection;
        if (idleSinceMs !== undefined && now - idleSinceMs > RECENTLY_MS) connection.destroy();
      }
      const cut = now >= deadline ? connections.size : 0;
      if (cut > 0) for (const connection of connections) connection.destroy();
      if (cut === 0 && connections.size > 0) {
        setTimeout(step, 25);
        return;
      }
      resolve({ cut });
    };
    step();
  });
}
