import net from "node:net";
import tls from "node:tls";

/** Where an upstream is, and how its TLS is checked. Made once per upstream. */
export interface Endpoint {
  readonly host: string;
  readonly port: number;
  readonly tls: EndpointTls | undefined;
}

export interface EndpointTls {
  readonly serverName: string;
  readonly context: tls.SecureContext;
  readonly verify: "verify" | "trust-any-certificate";
  /** The newest session of this upstream, so that the next connection needs no full handshake. */
  session: Buffer | undefined;
}

/** Receives `bytes[0, length)`, lent for the call. */
export type OnBytes = (length: number, bytes: Buffer) => void;

const READ_BUFFER_BYTES = 65_536;
/** TCP probes, so that a peer that vanished without a word does not stay in the pool. */
const KEEP_ALIVE_PROBE_MS = 30_000;

/**
 * One buffer for all plain sockets: libuv reads and calls back in one go, and nobody keeps the octets. It spares an allocation
 * of 64 KB per read. Not on Windows, where a read is posted with its buffer beforehand.
 */
const sharedBuffer = process.platform === "win32" ? undefined : Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);

/** Begins a connection. The caller listens to `connect` or `secureConnect`, `error`, `end` and `close`. */
export function connectSocket(endpoint: Endpoint, onBytes: OnBytes): net.Socket {
  const { host, port } = endpoint;
  if (endpoint.tls !== undefined) return connectTls(endpoint, endpoint.tls, onBytes);
  const buffer = sharedBuffer ?? Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  const callback = (length: number) => {
    onBytes(length, buffer);
    return true;
  };
  return net.connect({
    host,
    port,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: KEEP_ALIVE_PROBE_MS,
    onread: { buffer, callback },
  });
}

function connectTls(endpoint: Endpoint, options: EndpointTls, onBytes: OnBytes): tls.TLSSocket {
  const socket = tls.connect({
    host: endpoint.host,
    port: endpoint.port,
    secureContext: options.context,
    // RFC 6066 §3: no IP address as a server name.
    ...(net.isIP(options.serverName) === 0 ? { servername: options.serverName } : {}),
    rejectUnauthorized: options.verify === "verify",
    ALPNProtocols: ["http/1.1"],
    ...(options.session === undefined ? {} : { session: options.session }),
  });
  socket.setNoDelay(true);
  socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
  socket.on("session", (session: Buffer) => {
    options.session = session;
  });
  socket.on("data", (bytes: Buffer) => onBytes(bytes.length, bytes));
  return socket;
}
