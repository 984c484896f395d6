import { connect, type Socket } from "node:net";
import type { HoldAnswer, HoldRequest } from "./load-messages.ts";

/** So many connections are opened at once: more would overflow the listener's queue, and the kernel would try again a second later. */
const OPENED_AT_ONCE = 100;
const ANSWER_TIMEOUT_MS = 5_000;

/** Opens connections, asks once on each, and leaves them open until `release`. */
export class HeldConnections {
  readonly #sockets = new Set<Socket>();

  async hold({ port, count, request }: HoldRequest): Promise<HoldAnswer> {
    let problem: string | undefined;
    let wanted = count;
    const opener = async () => {
      while (wanted > 0) {
        wanted -= 1;
        const failure = await this.#open(port, request);
        if (failure === undefined) continue;
        problem ??= failure;
        wanted = 0;
      }
    };
    await Promise.all(Array.from({ length: OPENED_AT_ONCE }, opener));
    return { held: this.#sockets.size, problem };
  }

  release(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#sockets.clear();
  }

  /** Resolves with what went wrong, or undefined once the first answer has begun. */
  #open(port: number, request: string): Promise<string | undefined> {
    return new Promise((resolve) => {
      const socket = connect({ port, host: "127.0.0.1" }, () => socket.write(request));
      socket.setTimeout(ANSWER_TIMEOUT_MS, () => socket.destroy(new Error("no answer in time")));
      let cause = "the connection was closed";
      socket.once("data", () => {
        socket.setTimeout(0);
        this.#sockets.add(socket);
        resolve(undefined);
      });
      socket.on("error", (error) => (cause = error.message));
      socket.on("close", () => {
        this.#sockets.delete(socket);
        resolve(cause);
      });
    });
  }
}
