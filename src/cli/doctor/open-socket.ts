import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { WebSocket } from "undici";
import { CommandFailure } from "../command-failure.ts";
import { cookieField } from "./visitor.ts";

export interface OpenSocket {
  /** When it was closed, in monotonic milliseconds; undefined: not within this time. */
  closedAtMs(withinMs: number): Promise<number | undefined>;
  drop(): void;
}

const HANDSHAKE_MS = 5_000;

/** @throws CommandFailure where the WebSocket is refused */
export async function openSocket(
  url: string,
  { path, cookies }: { path: string; cookies: ReadonlyMap<string, string> },
): Promise<OpenSocket> {
  const target = new URL(path, url);
  const socket = new WebSocket(target.href.replace(/^http/, "ws"), {
    headers: { cookie: cookieField(cookies), origin: target.origin },
  });
  let closedAtMs: number | undefined;
  const closed = new Promise<void>((resolve) => {
    socket.addEventListener("close", () => {
      closedAtMs = performance.now();
      resolve();
    });
  });
  socket.addEventListener("error", () => undefined);
  const opened = once(socket, "open", { signal: AbortSignal.timeout(HANDSHAKE_MS) }).then(
    () => true,
    () => false,
  );
  if (!(await Promise.race([opened, closed.then(() => false)]))) {
    throw new CommandFailure(`${target.pathname} opens no WebSocket for the user; name one with --socket PATH.`);
  }
  return {
    async closedAtMs(withinMs) {
      await Promise.race([closed, sleep(withinMs, undefined, { ref: false })]);
      return closedAtMs;
    },
    drop: () => socket.close(),
  };
}
