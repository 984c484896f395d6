import { expect, it } from "vitest";
import { judgeTargets } from "../../bench/judge-targets.ts";
import type { PeerResult } from "../../bench/measure-peers.ts";

function result(name: string, cpuUs: number, halfLoadP99Us = 1_000): PeerResult {
  const rest = {
    cpuUsByRound: [cpuUs],
    requestsPerSecond: 1,
    p50Us: 1,
    p99Us: 1,
    halfLoadP50Us: 1,
    halfLoadCpuUs: 1,
    cpuRatio: 1,
  };
  return { name, title: name, cpuUs, halfLoadP99Us, utilisation: 1, failures: 0, ...rest };
}

it("judges a target only where both of its sides were measured", () => {
  const peers = [result("figway", 40), result("figway-full", 44)];
  expect(judgeTargets({ peers, routes: [], idle: [], flips: [] })).toEqual([
    { target: "CPU, full job / own pass-through ≤ 1.2", measured: "1.10", held: true },
  ]);
});

it("says of each target whether it was held", () => {
  const peers = [
    result("figway", 40, 1_500),
    result("figway-full", 60),
    result("http-proxy-1", 130),
    result("nginx-auth", 55),
  ];
  const idle = {
    name: "figway",
    title: "figway",
    connections: 5_000,
    bytesBefore: 2 ** 26,
    bytesWith: 2 ** 27 + 2 ** 26,
    problem: undefined,
  };
  const routes = [
    { routes: 10, cpuUs: 40, ratio: 1 },
    { routes: 1_000, cpuUs: 44, ratio: 1.1 },
  ];
  const held = judgeTargets({ peers, routes, idle: [idle], flips: [] }).map((verdict) => [
    verdict.measured,
    verdict.held,
  ]);
  expect(held).toEqual([
    ["0.31", true],
    ["0.46", false],
    ["1.09", false],
    ["1.50", false],
    ["1.50 ms against 1.00 ms", false],
    ["1.10", false],
    ["128 MB", true],
    ["192 MB", false],
  ]);
});

it("compares within each round: what slowed both down for a while says nothing of either", () => {
  const own = { ...result("figway", 20), cpuUsByRound: [10, 20, 30] };
  const other = { ...result("http-proxy-1", 20), cpuUsByRound: [40, 20, 120] };
  const [verdict] = judgeTargets({ peers: [own, other], routes: [], idle: [], flips: [] });
  expect(verdict).toMatchObject({ measured: "0.25", held: true });
});
