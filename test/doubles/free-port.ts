import { once } from "node:events";
import { createServer } from "node:net";

/** Below the ports that systems give to outgoing connections (from 32768 on Linux, 49152 elsewhere). */
const FIRST_PORT = 12_000;
const LAST_PORT = 32_000;

const given = new Set<number>();

/**
 * A loopback port for a server that must know its port before it listens, or listens on it again after a pause. Not one that the
 * system picks: in the meantime it would give such a port to anybody's outgoing connection, even to one that tries to reach this server.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = FIRST_PORT + Math.floor(Math.random() * (LAST_PORT - FIRST_PORT));
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, "127.0.0.1");
  try {
    await once(server, "listening");
  } catch {
    return false;
  }
  server.close();
  await once(server, "close");
  return true;
}
