import { connect, type Socket } from "node:net";

/** A client that writes octets and keeps what comes back. Strings are latin1: one character per octet. */
export interface RawClient {
  readonly socket: Socket;
  /** Everything received so far, latin1. */
  received(): string;
  /** `open`; `ended`: the other side sent FIN; `reset`: the connection died of an error; `closed`. */
  state(): "open" | "ended" | "reset" | "closed";
  send(octets: string | Buffer): void;
  /** Closes the sending side only. */
  end(): void;
  destroy(): void;
  /** Sends RST. */
  reset(): void;
  /** Waits until the predicate holds or the time is over; returns whether it held. */
  until(holds: (received: string) => boolean, timeoutMs?: number): Promise<boolean>;
  /** Waits until the other side has closed or ended, or the time is over; returns whether it has. */
  untilClosed(timeoutMs?: number): Promise<boolean>;
}

export function connectRaw(port: number, firstOctets?: string | Buffer): RawClient {
  const chunks: Buffer[] = [];
  let text = "";
  let state: "open" | "ended" | "reset" | "closed" = "open";
  const watchers = new Set<() => void>();
  const wake = (): void => {
    for (const watcher of watchers) watcher();
  };
  const socket = connect({ port, host: "127.0.0.1", allowHalfOpen: true });
  socket.on("data", (chunk: Buffer) => {
    chunks.push(chunk);
    wake();
  });
  socket.on("end", () => {
    if (state === "open") state = "ended";
    wake();
  });
  socket.on("error", () => {
    state = "reset";
    wake();
  });
  socket.on("close", () => {
    if (state !== "reset") state = "closed";
    wake();
  });
  const received = (): string => {
    if (chunks.length > 0) text += Buffer.concat(chunks.splice(0)).toString("latin1");
    return text;
  };
  const until = (holds: (received: string) => boolean, timeoutMs = 2_000): Promise<boolean> =>
    new Promise((resolve) => {
      const finish = (held: boolean): void => {
        watchers.delete(check);
        clearTimeout(timer);
        resolve(held);
      };
      const check = (): void => {
        if (holds(received())) finish(true);
      };
      const timer = setTimeout(() => finish(false), timeoutMs);
      watchers.add(check);
      check();
    });
  const send = (octets: string | Buffer): void => {
    if (!socket.destroyed && !socket.writableEnded) {
      socket.write(typeof octets === "string" ? Buffer.from(octets, "latin1") : octets);
    }
  };
  if (firstOctets !== undefined) send(firstOctets);
  return {
    socket,
    received,
    state: () => state,
    send,
    end: () => socket.end(),
    destroy: () => socket.destroy(),
    reset: () => socket.resetAndDestroy(),
    until,
    untilClosed: (timeoutMs) => until(() => state !== "open", timeoutMs),
  };
}
