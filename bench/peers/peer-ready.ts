import { once } from "node:events";
import { connect, createServer as createTcpServer, type AddressInfo, type Server } from "node:net";
import type { Server as HttpServer } from "node:http";
import { endWithParent, tellParent } from "../processes/answer-parent.ts";

/** What a peer's process says once it listens. */
export interface PeerReady {
  readonly port: number;
  /** The processes that do the proxy's work; all that descend from them count as well. */
  readonly pids: readonly number[];
  /** Where the keys of its tokens are, or the keys themselves (RFC 7517), where it mints any. */
  readonly jwks?: string | object;
  readonly adminUrl?: string;
}

/** Where legacy and modern listen, from the environment of a peer's process. */
export function originPorts(): { legacy: number; modern: number } {
  return { legacy: Number(process.env["BENCH_LEGACY_PORT"]), modern: Number(process.env["BENCH_MODERN_PORT"]) };
}

/** Loaded by name: these packages have their own lock file and are absent where the sources are type-checked. */
export async function loadPeer<T>(name: string): Promise<T> {
  return (await import(name)) as T;
}

/** For peers that are a server of Node's own: listens, and says so. */
export async function servePeer(server: HttpServer | Server): Promise<void> {
  endWithParent();
  // Node closes idle connections after 5 s by default; the others here keep them for a minute and more.
  if ("keepAliveTimeout" in server) server.keepAliveTimeout = 65_000;
  server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 });
  await once(server, "listening");
  tellParent({ port: (server.address() as AddressInfo).port, pids: [process.pid] } satisfies PeerReady);
}

/** A port that was free a moment ago, for servers that cannot be told to pick one. */
export async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Resolves once something accepts connections at the port. */
export async function untilListening(port: number, deadlineMs = 10_000): Promise<void> {
  const endMs = performance.now() + deadlineMs;
  while (performance.now() < endMs) {
    const accepted = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(true));
      socket.on("error", () => resolve(false));
      socket.on("connect", () => socket.destroy());
    });
    if (accepted) return;
    await new Promise((wake) => setTimeout(wake, 20));
  }
  throw new Error(`nothing listens on port ${port}`);
}
