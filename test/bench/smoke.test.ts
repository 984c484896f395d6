import { afterAll, beforeAll, expect, it } from "vitest";
import { type Contender, measurePeers } from "../../bench/measure-peers.ts";
import { FULL_JOB, PASS_THROUGH, PEERS, type Peer } from "../../bench/peer-list.ts";
import { type Stage, startStage } from "../../bench/start-stage.ts";
import { verifyPeer } from "../../bench/verify-peer.ts";

const peerNamed = (name: string) => PEERS.find((peer) => peer.name === name) as Peer;

let stage: Stage;
beforeAll(async () => {
  stage = await startStage({ pinned: false });
});
afterAll(() => stage.stop());

async function contender(name: string): Promise<Contender> {
  const peer = peerNamed(name);
  return { peer, running: await stage.startPeer(peer) };
}

it("measures figway with the full job beside a bare proxy, each doing its own job", async () => {
  const contenders = await Promise.all([PASS_THROUGH, FULL_JOB, "undici"].map(contender));
  for (const { peer, running } of contenders) expect(await verifyPeer(peer, running, stage)).toBeUndefined();
  const lengths = { rounds: 1, firstWarmMs: 200, fullMs: 400, halfMs: 300 };
  const results = await measurePeers(contenders, lengths, stage, () => undefined);
  expect(results.map(({ name }) => name)).toEqual([PASS_THROUGH, FULL_JOB, "undici"]);
  for (const result of results) {
    expect(result.failures).toBe(0);
    expect(result.requestsPerSecond).toBeGreaterThan(100);
    expect(result.cpuUs).toBeGreaterThan(1);
    expect(result.p99Us).toBeGreaterThanOrEqual(result.p50Us);
  }
});

it("does not measure a proxy that does another job than it says", async () => {
  const { running } = await contender("undici");
  const claim: Peer = { ...peerNamed("undici"), job: "full" };
  expect(await verifyPeer(claim, running, stage)).toContain("it was not modern that answered");
});

it("leaves no process behind", async () => {
  const own = await startStage({ pinned: false });
  const peer = await own.startPeer(peerNamed("undici"));
  const pids = [peer.pid, own.load.pid, own.origin.pid];
  await own.stop();
  for (const pid of pids) expect(() => process.kill(pid, 0)).toThrow("ESRCH");
});
