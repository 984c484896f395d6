import { once } from "node:events";
import { connect, createServer, type Server, type Socket } from "node:net";
import { freePort } from "./free-port.ts";

/** A TCP proxy that can be made to misbehave, for clients of a server that behaves. */
export interface FaultProxy {
  readonly port: number;
  /** Connections open just now. */
  readonly connections: number;
  /** Holds back what the server says, or only what holds `text` (and what follows it on its connection); 0: nothing. */
  delayAnswers(ms: number, text?: string): void;
  /** Answers that are held back just now. */
  readonly heldBack: number;
  /** Cuts every open connection; later ones work. */
  cut(): void;
  /** From now on takes connections and bytes, but lets nothing through in either direction: a half-open network. */
  blackhole(which?: "all" | "open"): void;
  /** Refuses new connections and cuts the open ones. */
  refuse(): Promise<void>;
  /** Undoes `blackhole`, `delayAnswers` and `refuse`; connections caught in a black hole stay there. */
  mend(): Promise<void>;
  close(): Promise<void>;
}

interface Pair {
  readonly client: Socket;
  readonly server: Socket;
  /** Nothing passes any more. */
  dead: boolean;
  /** Answers that wait, in order. */
  readonly heldBack: (Buffer | string)[];
}

export async function startFaultProxy(targetPort: number): Promise<FaultProxy> {
  const pairs = new Set<Pair>();
  let delay = { ms: 0, text: "" };
  let swallowing = false;

  const accept = (client: Socket) => {
    const server = connect(targetPort, "127.0.0.1");
    const pair: Pair = { client, server, dead: swallowing, heldBack: [] };
    pairs.add(pair);
    const end = () => {
      // A half-open network tells neither side that the other is gone.
      if (pair.dead) return;
      pairs.delete(pair);
      client.destroy();
      server.destroy();
    };
    for (const socket of [client, server]) {
      socket.setNoDelay(true);
      socket.on("error", () => undefined);
      socket.on("close", end);
    }
    client.on("data", (bytes) => {
      if (!pair.dead) server.write(bytes);
    });
    server.on("data", (bytes) => {
      if (!pair.dead) answer(pair, bytes);
    });
  };

  const answer = (pair: Pair, bytes: Buffer | string) => {
    const isDelayed = delay.ms > 0 && bytes.includes(delay.text);
    if (!isDelayed && pair.heldBack.length === 0) {
      pair.client.write(bytes);
      return;
    }
    pair.heldBack.push(bytes);
    // One timer an answer, each releasing the first in the queue: timers may be late, but nothing is overtaken.
    setTimeout(() => release(pair), isDelayed ? delay.ms : 0);
  };

  const release = (pair: Pair) => {
    const bytes = pair.heldBack.shift();
    if (bytes !== undefined && !pair.dead && pair.client.writable) pair.client.write(bytes);
  };

  const destroyAll = () => {
    for (const pair of pairs) {
      pair.dead = false;
      pair.client.destroy();
      pair.server.destroy();
    }
    pairs.clear();
  };

  const port = await freePort();
  let listener: Server | undefined = await listen(port, accept);
  const stopListening = async () => {
    const stopping = listener;
    listener = undefined;
    if (stopping === undefined) return;
    const closed = once(stopping, "close");
    stopping.close();
    destroyAll();
    await closed;
  };

  return {
    port,
    get connections() {
      return pairs.size;
    },
    delayAnswers(ms, text = "") {
      delay = { ms, text };
    },
    get heldBack() {
      return [...pairs].reduce((sum, pair) => sum + pair.heldBack.length, 0);
    },
    cut: destroyAll,
    blackhole(which = "all") {
      for (const pair of pairs) pair.dead = true;
      swallowing = which === "all";
    },
    refuse: stopListening,
    async mend() {
      delay = { ms: 0, text: "" };
      swallowing = false;
      listener ??= await listen(port, accept);
    },
    async close() {
      await stopListening();
      destroyAll();
    },
  };
}

async function listen(port: number, accept: (client: Socket) => void): Promise<Server> {
  const server = createServer(accept).listen(port, "127.0.0.1");
  await once(server, "listening");
  return server;
}
