import { writeFileSync } from "node:fs";
import { median } from "./measure/statistics.ts";
import { FULL_JOB, PEERS, type Peer } from "./peer-list.ts";
import type { RunningPeer, Stage } from "./start-stage.ts";

export interface FlipTime {
  readonly way: string;
  /** From the moment the change was sent or written to the first answer of the other side. */
  readonly medianMs: number;
  readonly worstMs: number;
}

const PATIENCE_MS = 10_000;

/** How long a change takes to show, asked over one connection without a pause. */
export async function measureFlips(stage: Stage, repetitions: number): Promise<FlipTime[]> {
  const peer = PEERS.find(({ name }) => name === FULL_JOB) as Peer;
  const running = await stage.startPeer(peer);
  const ways: { way: string; change: (toModern: boolean) => unknown }[] = [
    {
      way: "flag through the admin API",
      change: (on) => send(running, "PUT", "/api/flags/orders-modern", { value: on }),
    },
    {
      way: "flags.json written",
      change: (on) => writeFileSync(running.flagsFile as string, JSON.stringify({ "orders-modern": on })),
    },
    {
      way: "rollback of a route (override)",
      change: (on) =>
        on ? send(running, "DELETE", "/api/overrides/orders", {}) : send(running, "PUT", "/api/overrides/orders", {}),
    },
  ];
  const times: FlipTime[] = [];
  for (const { way, change } of ways) {
    const taken: number[] = [];
    for (let i = 0; i < repetitions; i += 1) {
      taken.push(await timeOf(() => change(false), "legacy"), await timeOf(() => change(true), "modern"));
    }
    times.push({ way, medianMs: median(taken), worstMs: Math.max(...taken) });
  }
  await running.stop();
  return times;

  async function timeOf(change: () => unknown, side: string): Promise<number> {
    const beganMs = performance.now();
    const changed = Promise.resolve(change());
    while ((await sideOfAnswer(running, stage)) !== side) {
      if (performance.now() - beganMs > PATIENCE_MS) throw new Error(`no answer of ${side} after ${PATIENCE_MS} ms`);
    }
    const takenMs = performance.now() - beganMs;
    await changed;
    return takenMs;
  }
}

async function sideOfAnswer({ ready }: RunningPeer, { sessions }: Stage): Promise<string | null> {
  const cookie = sessions.users[0]?.cookie ?? "";
  const answer = await fetch(`http://127.0.0.1:${ready.port}/orders/4711`, { headers: { cookie } });
  await answer.arrayBuffer();
  return answer.headers.get("x-side");
}

async function send({ ready }: RunningPeer, method: string, path: string, body: object): Promise<void> {
  const answer = await fetch(`${ready.adminUrl}${path}`, {
    method,
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ actor: "benchmark", ...body }),
  });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  await answer.arrayBuffer();
}
