import type { HoldAnswer, HoldRequest } from "./load/load-messages.ts";
import { residentBytes } from "./measure/process-cpu.ts";
import type { Peer } from "./peer-list.ts";
import { requestsFor, type Stage } from "./start-stage.ts";

export interface IdleCost {
  readonly name: string;
  readonly title: string;
  readonly connections: number;
  /** Resident memory of all processes of the proxy, before and with the connections. */
  readonly bytesBefore: number;
  readonly bytesWith: number;
  /** Why there are fewer connections than wanted. */
  readonly problem: string | undefined;
}

export const IDLE_CONNECTIONS = 5_000;
const SETTLE_MS = 1_000;

/** Memory for connections that have asked once and now wait, in a fresh process. */
export async function measureIdle(stage: Stage, peers: readonly Peer[]): Promise<IdleCost[]> {
  const costs: IdleCost[] = [];
  for (const peer of peers) {
    const running = await stage.startPeer(peer);
    const { pids, port } = running.ready;
    const [[request = ""] = []] = requestsFor(peer, stage.sessions);
    const bytesBefore = residentBytes(pids);
    const message: HoldRequest = { kind: "hold", port, count: IDLE_CONNECTIONS, request };
    const { held, problem } = await stage.load.ask<HoldAnswer>(message, 60_000);
    await new Promise((wake) => setTimeout(wake, SETTLE_MS));
    costs.push({
      name: peer.name,
      title: peer.title,
      connections: held,
      bytesBefore,
      bytesWith: residentBytes(pids),
      problem: held < IDLE_CONNECTIONS ? (problem ?? "some were closed again") : undefined,
    });
    await stage.load.ask({ kind: "release" });
    await running.stop();
  }
  return costs;
}
