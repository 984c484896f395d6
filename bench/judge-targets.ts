import type { FlipTime } from "./measure-flip.ts";
import type { IdleCost } from "./measure-idle.ts";
import type { PeerResult } from "./measure-peers.ts";
import type { RouteCost } from "./measure-routes.ts";
import { median } from "./measure/statistics.ts";
import {
  FULL_JOB,
  FULL_JOB_NO_LOG,
  HTTP_PROXY,
  NGINX_AUTH,
  PASS_THROUGH,
  PASS_THROUGH_NO_LOG,
  PEERS,
} from "./peer-list.ts";

export interface BenchResults {
  readonly peers: readonly PeerResult[];
  readonly routes: readonly RouteCost[];
  readonly idle: readonly IdleCost[];
  readonly flips: readonly FlipTime[];
}

export interface Verdict {
  readonly target: string;
  readonly measured: string;
  readonly held: boolean;
}

/** What "flat" allows for between 10 and 1,000 routes: the noise of a shared machine. */
const FLAT_RATIO = 1.05;
const IDLE_LIMIT_BYTES = 150 * 1024 * 1024;
/** A tail within this of the best peer's is not worse: the steps of the histogram, and the noise of a machine. */
const TAIL_TOLERANCE = 1.05;

/** The peers write no request log; figway does unless told otherwise. Judged on equal terms, and as it comes. */
const TERMS = [
  ["", PASS_THROUGH, FULL_JOB],
  [" without request log", PASS_THROUGH_NO_LOG, FULL_JOB_NO_LOG],
] as const;

/** figway's own targets, and whether these results hold them. A target whose peer was not measured is left out. */
export function judgeTargets({ peers, routes, idle }: BenchResults): Verdict[] {
  const cpuOf = (name: string) => peers.find((peer) => peer.name === name)?.cpuUsByRound;
  const verdicts: Verdict[] = [];
  const judgeRatio = (target: string, name: string, to: string, limit: number) => {
    const [own, other] = [cpuOf(name), cpuOf(to)];
    if (own === undefined || other === undefined) return;
    // Within each round, so that what slows the machine down for a minute slows both down.
    const ratio = median(own.map((us, round) => us / (other[round] as number)));
    verdicts.push({ target: `${target} ≤ ${limit}`, measured: ratio.toFixed(2), held: ratio <= limit });
  };
  for (const [terms, passThrough, fullJob] of TERMS) {
    judgeRatio(`CPU, pass-through${terms} / http-proxy 1.18.1`, passThrough, HTTP_PROXY, 0.38);
    judgeRatio(`CPU, full job${terms} / http-proxy 1.18.1`, fullJob, HTTP_PROXY, 0.45);
    judgeRatio(`CPU, full job${terms} / nginx + auth_request + Node`, fullJob, NGINX_AUTH, 1);
    judgeRatio(`CPU, full job${terms} / own pass-through`, fullJob, passThrough, 1.2);
  }
  verdicts.push(...judgeTails(peers));
  const many = routes.at(-1);
  if (many !== undefined) {
    const measured = many.ratio.toFixed(2);
    verdicts.push({ target: `CPU at 1,000 routes / at 10 ≤ ${FLAT_RATIO}`, measured, held: many.ratio <= FLAT_RATIO });
  }
  const own = idle.find(({ name }) => name === PASS_THROUGH);
  if (own !== undefined) {
    const whole = own.problem === undefined;
    const judgeMemory = (target: string, bytes: number) =>
      verdicts.push({ target, measured: megabytes(bytes), held: whole && bytes <= IDLE_LIMIT_BYTES });
    judgeMemory("5,000 idle connections add ≤ 150 MB", own.bytesWith - own.bytesBefore);
    judgeMemory("the whole process with them ≤ 150 MB", own.bytesWith);
  }
  return verdicts;
}

function judgeTails(peers: readonly PeerResult[]): Verdict[] {
  const onNode = new Set(PEERS.filter((peer) => peer.onNode && !peer.isFigway).map(({ name }) => name));
  const tails = peers.filter(({ name }) => onNode.has(name)).map(({ halfLoadP99Us }) => halfLoadP99Us);
  const own = peers.find(({ name }) => name === PASS_THROUGH)?.halfLoadP99Us;
  if (own === undefined || tails.length === 0) return [];
  const best = Math.min(...tails);
  const measured = `${milliseconds(own)} against ${milliseconds(best)}`;
  return [{ target: "p99 at half load ≤ the best Node peer's", measured, held: own <= best * TAIL_TOLERANCE }];
}

export function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1024 / 1024)} MB`;
}

export function milliseconds(us: number): string {
  return `${(us / 1_000).toFixed(2)} ms`;
}
