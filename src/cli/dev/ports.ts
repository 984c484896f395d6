import { once } from "node:events";
import { type AddressInfo, connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

const LOOPBACK = "127.0.0.1";

/** Whether something listens on the loopback port, or may not be listened on by us: then the code, as in `EADDRINUSE`. */
export async function whyPortIsTaken(port: number): Promise<string | undefined> {
  const server = createServer();
  try {
    server.listen(port, LOOPBACK);
    await once(server, "listening");
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? String(error);
  } finally {
    server.close();
  }
}

/** A loopback port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, LOOPBACK);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

/** Whether something accepts connections there. */
export function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const settle = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", () => settle(true));
    socket.once("error", () => settle(false));
    socket.once("timeout", () => settle(false));
  });
}

/** Polls until `isReady` says so; false when the deadline passed or `isHopeless` says so first. */
export async function waitUntil(
  isReady: () => Promise<boolean>,
  { deadlineMs, isHopeless }: { deadlineMs: number; isHopeless: () => boolean },
): Promise<boolean> {
  const end = performance.now() + deadlineMs;
  while (performance.now() < end && !isHopeless()) {
    if (await isReady()) return true;
    await sleep(25);
  }
  return false;
}
