import type { ChildProcess } from "node:child_process";
import type { Worker } from "node:cluster";

/** A message of node:cluster between a primary and its worker, as far as it is looked at here (lib/internal/cluster, Node 22 to 26). */
interface ClusterMessage {
  readonly cmd?: string;
  readonly act?: string;
  readonly seq?: number;
  readonly ack?: number;
}

/** How long answers that a worker gave before it died may still be on their way, in milliseconds. */
const READ_OUT_MS = 20;

type Send = (message: ClusterMessage, ...rest: unknown[]) => boolean;

/**
 * Gives the connections that were on their way to a worker when it died to the others. Node's own dealer waits for an answer to each
 * connection that it hands over, and for ever where the worker is dead: its client would hang. Here the missing answers are given
 * in the worker's place, as those of a worker that takes nothing. Should Node change these messages, nothing is found and nothing done.
 * `hasOthers`: whether another worker listens.
 */
export function rescueConnections(worker: Worker, hasOthers: () => boolean): void {
  const channel = worker.process as unknown as Pick<ChildProcess, "on" | "once" | "emit"> & { send: Send };
  const unanswered = new Set<number>();
  const send = channel.send.bind(channel);
  channel.send = (message, ...rest) => {
    if (message.cmd === "NODE_CLUSTER" && message.act === "newconn" && message.seq !== undefined)
      unanswered.add(message.seq);
    return send(message, ...rest);
  };
  channel.on("internalMessage" as "message", (message: unknown) => {
    const { ack } = message as ClusterMessage;
    if (ack !== undefined) unanswered.delete(ack);
  });
  // Not at `disconnect`, which never comes while a connection is on its way. The dealer's own listener was there first: it knows by then
  // that the worker is gone.
  channel.once("exit", () => {
    setTimeout(() => {
      // With nobody left to deal to, the dealer closes what is said to be taken, and the client need not wait.
      const accepted = !hasOthers();
      for (const ack of unanswered) channel.emit("internalMessage", { cmd: "NODE_CLUSTER", ack, accepted });
    }, READ_OUT_MS);
  });
}
