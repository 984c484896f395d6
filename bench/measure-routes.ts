import { cpuOf, measure } from "./measure-peers.ts";
import { median } from "./measure/statistics.ts";
import { PASS_THROUGH, PEERS, type Peer } from "./peer-list.ts";
import { getRequest } from "./setups/session-world.ts";
import type { Stage } from "./start-stage.ts";

export interface RouteCost {
  readonly routes: number;
  /** CPU microseconds for each request, median over the rounds. */
  readonly cpuUs: number;
  /** To the smallest number of routes: the median of the ratios within each round. */
  readonly ratio: number;
}

const SIZES = [10, 1_000];

/** What a request costs in front of few and of many routes, the requests spread over the routes. */
export async function measureRoutes(stage: Stage, lengths: { rounds: number; windowMs: number }): Promise<RouteCost[]> {
  const peer = PEERS.find(({ name }) => name === PASS_THROUGH) as Peer;
  const contenders = await Promise.all(
    SIZES.map(async (size) => ({
      peer,
      size,
      running: await stage.startPeer({ ...peer, figway: { routes: Array.from({ length: size }, (_, i) => route(i)) } }),
    })),
  );
  const rounds: number[][] = SIZES.map(() => []);
  for (let round = 0; round <= lengths.rounds; round += 1) {
    for (const [i, contender] of contenders.entries()) {
      // Ten routes of either size are asked for, so that nothing differs but how many others there are.
      const requests = stage.sessions.users.map(({ cookie }, user) => [
        getRequest(`/part-${Math.floor(((user % 10) * contender.size) / 10)}/things/4711`, cookie),
      ]);
      const answer = await measure(contender, stage, { windowMs: lengths.windowMs, requests });
      // The first round warms the compilers up.
      if (round > 0) rounds[i]?.push(cpuOf(answer));
    }
  }
  for (const { running } of contenders) await running.stop();
  return SIZES.map((routes, i) => {
    const values = rounds[i] as number[];
    const ratios = values.map((value, round) => value / (rounds[0]?.[round] as number));
    return { routes, cpuUs: median(values), ratio: median(ratios) };
  });
}

function route(i: number): object {
  return { id: `part-${i}`, path: `/part-${i}/things/:id`, to: "legacy" };
}
