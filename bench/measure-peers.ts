import type { MeasureAnswer, MeasureRequest } from "./load/load-messages.ts";
import { median } from "./measure/statistics.ts";
import { PASS_THROUGH, type Peer } from "./peer-list.ts";
import { requestsFor, type RunningPeer, type Stage } from "./start-stage.ts";

export interface Lengths {
  readonly rounds: number;
  /** Load before anything is counted, once for each peer: compilers need it. */
  readonly firstWarmMs: number;
  readonly fullMs: number;
  readonly halfMs: number;
}

export interface Contender {
  readonly peer: Peer;
  readonly running: RunningPeer;
}

/** Medians over the rounds. Times in microseconds. */
export interface PeerResult {
  readonly name: string;
  readonly title: string;
  readonly requestsPerSecond: number;
  readonly p50Us: number;
  readonly p99Us: number;
  readonly halfLoadP50Us: number;
  readonly halfLoadP99Us: number;
  /** CPU time of all processes of the proxy for each request, under full load. */
  readonly cpuUs: number;
  /** The same, round by round: those of one round were measured within a minute of each other. */
  readonly cpuUsByRound: readonly number[];
  /** The same at half load. */
  readonly halfLoadCpuUs: number;
  /** Of the medians, to figway's pass-through. */
  readonly cpuRatio: number;
  /** The share of its core that the proxy used under full load; below 0.9 it was the load that ended first. */
  readonly utilisation: number;
  readonly failures: number;
}

export const CONNECTIONS = 64;
const SETTLE_MS = 150;

interface Round {
  readonly full: MeasureAnswer;
  readonly half: MeasureAnswer;
}

/** Measures all contenders in turn, round by round, so that whatever else the machine does meets them alike. */
export async function measurePeers(
  contenders: readonly Contender[],
  lengths: Lengths,
  stage: Stage,
  log: (line: string) => void,
): Promise<PeerResult[]> {
  for (const contender of contenders) {
    log(`warming up ${contender.peer.title} …`);
    await measure(contender, stage, { warmMs: lengths.firstWarmMs, windowMs: 50 });
  }
  const rounds = new Map<string, Round[]>(contenders.map(({ peer }) => [peer.name, []]));
  for (let round = 1; round <= lengths.rounds; round += 1) {
    for (const contender of rotated(contenders, round)) {
      const full = await measure(contender, stage, { windowMs: lengths.fullMs });
      const half = await measure(contender, stage, { windowMs: lengths.halfMs, ratePerSecond: perSecond(full) / 2 });
      rounds.get(contender.peer.name)?.push({ full, half });
      log(
        `round ${round}/${lengths.rounds}  ${contender.peer.title}: ${Math.round(perSecond(full))}/s, ${cpuOf(full).toFixed(1)} µs CPU`,
      );
    }
  }
  const base = rounds.get(PASS_THROUGH) ?? [];
  return contenders.map(({ peer }) => summarise(peer, rounds.get(peer.name) ?? [], base));
}

export async function measure(
  { peer, running }: Contender,
  stage: Stage,
  wanted: { windowMs: number; warmMs?: number; ratePerSecond?: number; requests?: readonly (readonly string[])[] },
): Promise<MeasureAnswer> {
  const { warmMs = SETTLE_MS, windowMs } = wanted;
  const message: MeasureRequest = {
    kind: "measure",
    port: running.ready.port,
    requests: wanted.requests ?? requestsFor(peer, stage.sessions),
    connections: CONNECTIONS,
    ratePerSecond: wanted.ratePerSecond,
    warmMs,
    windowMs,
    pids: running.ready.pids,
  };
  return await stage.load.ask<MeasureAnswer>(message, warmMs + windowMs + 15_000);
}

export function cpuOf({ cpuUs, responses }: MeasureAnswer): number {
  return cpuUs / responses;
}

function perSecond({ responses, elapsedMs }: MeasureAnswer): number {
  return (responses / elapsedMs) * 1_000;
}

function summarise(peer: Peer, rounds: readonly Round[], base: readonly Round[]): PeerResult {
  const of = (value: (round: Round, index: number) => number) => median(rounds.map(value));
  return {
    name: peer.name,
    title: peer.title,
    requestsPerSecond: of(({ full }) => perSecond(full)),
    p50Us: of(({ full }) => full.p50Us),
    p99Us: of(({ full }) => full.p99Us),
    halfLoadP50Us: of(({ half }) => half.p50Us),
    halfLoadP99Us: of(({ half }) => half.p99Us),
    cpuUs: of(({ full }) => cpuOf(full)),
    cpuUsByRound: rounds.map(({ full }) => cpuOf(full)),
    halfLoadCpuUs: of(({ half }) => cpuOf(half)),
    cpuRatio: of(({ full }) => cpuOf(full)) / median(base.map(({ full }) => cpuOf(full))),
    utilisation: of(({ full }) => full.cpuUs / 1_000 / full.elapsedMs),
    failures: rounds.reduce((sum, { full, half }) => sum + full.failures + half.failures, 0),
  };
}

function rotated<T>(items: readonly T[], by: number): T[] {
  const at = by % items.length;
  return [...items.slice(at), ...items.slice(0, at)];
}
