import type { UpstreamLoad } from "./messages.ts";

const WORST_FIRST = ["ejected", "probing", "up"] as const;

/** Each upstream as all workers together see it: connections add up, its health is the worst that any of them found. */
export function sumUpstreams(byWorker: readonly (readonly UpstreamLoad[])[]): UpstreamLoad[] {
  const sums = new Map<string, UpstreamLoad>();
  for (const load of byWorker.flat()) {
    const sum = sums.get(load.name);
    sums.set(load.name, sum === undefined ? load : add(sum, load));
  }
  return [...sums.values()];
}

function add(a: UpstreamLoad, b: UpstreamLoad): UpstreamLoad {
  return {
    name: a.name,
    health: WORST_FIRST.find((health) => health === a.health || health === b.health) ?? "up",
    connections: a.connections + b.connections,
    idleConnections: a.idleConnections + b.idleConnections,
    queued: a.queued + b.queued,
    consecutiveFailures: Math.max(a.consecutiveFailures, b.consecutiveFailures),
    lastFailure: a.lastFailure ?? b.lastFailure,
  };
}
