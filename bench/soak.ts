/**
 * `npm run soak -- --minutes 3`: mixed and unkind traffic through one figway while flags flip, routes.json is rewritten and upstreams
 * are restarted. Fails when the heap or the open descriptors grow beyond their bounds, or when an answer was wrong.
 */
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openDescriptors } from "./measure/process-cpu.ts";
import { renderTable, sparkline } from "./measure/render-table.ts";
import type { PeerReady } from "./peers/peer-ready.ts";
import { type Child, killChildren, startChild } from "./processes/child.ts";
import { writeFigwayFolder } from "./setups/figway-config.ts";
import { SESSION_SECRET, startSessionWorld } from "./setups/session-world.ts";
import { judgeGrowth, REST_BOUND, type Sample } from "./soak/judge-growth.ts";
import { TrafficTally } from "./soak/traffic-tally.ts";
import { startTraffic } from "./soak/traffic.ts";

const SAMPLES = 36;
const FLIP_EVERY_MS = 700;
const RELOAD_EVERY_MS = 2_000;
/** Or three times in a short run. */
const RESTART_EVERY_MS = 20_000;
/** An upstream that was away is found again by figway's breaker within its longest ejection, at the latest. */
const EXCUSED_AFTER_RESTART_MS = 4_000;
const REST_DEADLINE_MS = 15_000;

const log = (line: string) => console.error(`soak: ${line}`);
const minutes = readMinutes();
process.on("SIGINT", endAtOnce);
process.on("SIGTERM", endAtOnce);

const sessions = await startSessionWorld();
const upstreams = await startChild<{ legacy: number; modern: number }>({
  file: join(import.meta.dirname, "soak/upstreams.ts"),
});
const files = writeFigwayFolder({});
const figway = await startChild<PeerReady>({
  file: join(import.meta.dirname, "peers/figway.ts"),
  args: [files.configFile, "info"],
  nodeArgs: ["--expose-gc"],
  environment: {
    BENCH_LEGACY_PORT: String(upstreams.ready.legacy),
    BENCH_MODERN_PORT: String(upstreams.ready.modern),
    REDIS_URL: sessions.redisUrl,
    SESSION_SECRET,
  },
});
try {
  process.exitCode = (await soak()) ? 0 : 1;
} finally {
  await Promise.all([figway.stop(), upstreams.stop()]);
  await sessions.stop();
  rmSync(files.folder, { recursive: true, force: true });
}

async function soak(): Promise<boolean> {
  const before = await sampleOf(figway);
  const tally = new TrafficTally(() => performance.now());
  const cookies = sessions.users.map(({ cookie }) => cookie);
  const stopTraffic = startTraffic({ port: figway.ready.port, cookies, tally });
  const disturbances = startDisturbances(tally);
  const samples: Sample[] = [];
  const intervalMs = (minutes * 60_000) / SAMPLES;
  for (let i = 1; i <= SAMPLES; i += 1) {
    await sleep(intervalMs);
    samples.push(await sampleOf(figway));
    if (i % 4 === 0)
      log(`${((i * intervalMs) / 60_000).toFixed(1)} of ${minutes} minutes, ${describe(samples.at(-1) as Sample)}`);
  }
  await disturbances.stop();
  await stopTraffic();
  const rest = await untilAtRest(before.descriptors);
  return report(samples, tally, { before, rest, disturbed: disturbances.counts });
}

function startDisturbances(tally: TrafficTally) {
  const counts = { flips: 0, reloads: 0, restarts: 0 };
  const routes = readFileSync(files.configFile, "utf8");
  const timers = [
    every(FLIP_EVERY_MS, async () => {
      counts.flips += 1;
      const body = JSON.stringify({ value: counts.flips % 2 === 0, actor: "soak" });
      const headers = { "content-type": "application/json" };
      const answer = await fetch(`${figway.ready.adminUrl}/api/flags/orders-modern`, { method: "PUT", headers, body });
      await answer.arrayBuffer();
      if (!answer.ok) tally.failed("flip", performance.now(), `status ${answer.status}`);
    }),
    every(RELOAD_EVERY_MS, async () => {
      counts.reloads += 1;
      const extra = `{ "id": "extra-${counts.reloads}", "path": "/extra", "to": "legacy" },`;
      writeFileSync(files.configFile, routes.replace('"routes": [', `"routes": [${extra}`));
    }),
    every(Math.min(RESTART_EVERY_MS, minutes * 20_000), async () => {
      counts.restarts += 1;
      tally.excuse(EXCUSED_AFTER_RESTART_MS);
      await upstreams.ask({ kind: "restart" });
      tally.excuse(EXCUSED_AFTER_RESTART_MS);
    }),
  ];
  return { counts, stop: () => Promise.all(timers.map((stop) => stop())) };
}

/** Does it again and again, never twice at once; the function returned ends that and waits for what is under way. */
function every(intervalMs: number, act: () => Promise<void>): () => Promise<void> {
  let ended = false;
  let wake = () => undefined as void;
  const loop = (async () => {
    for (;;) {
      await new Promise<void>((resolve) => {
        wake = resolve;
        setTimeout(resolve, intervalMs).unref();
      });
      if (ended) return;
      await act();
    }
  })();
  return () => {
    ended = true;
    wake();
    return loop;
  };
}

async function sampleOf(child: Child<PeerReady>): Promise<Sample> {
  const memory = await child.ask<{ heapUsed: number; rss: number; handles: Record<string, number> }>({
    kind: "memory",
  });
  const handles = Object.values(memory.handles).reduce((sum, count) => sum + count, 0);
  return {
    atMs: performance.now(),
    heapBytes: memory.heapUsed,
    residentBytes: memory.rss,
    descriptors: openDescriptors(child.pid) ?? handles,
  };
}

/** Once nobody asks any more, what was opened must be closed again: connections to upstreams go after their idle limit. */
async function untilAtRest(wanted: number): Promise<Sample> {
  const endMs = performance.now() + REST_DEADLINE_MS;
  for (;;) {
    const sample = await sampleOf(figway);
    if (sample.descriptors <= wanted + REST_BOUND || performance.now() > endMs) return sample;
    await sleep(500);
  }
}

function report(
  samples: readonly Sample[],
  tally: TrafficTally,
  seen: { before: Sample; rest: Sample; disturbed: Readonly<Record<string, number>> },
): boolean {
  const { before, rest, disturbed } = seen;
  const kinds = tally.rows.map(({ kind, done, excused, wrong }) => [kind, done, excused, wrong].map(String));
  const right = "right" as const;
  const columns = [
    { title: "traffic" },
    { title: "done", align: right },
    { title: "failed while an upstream was away", align: right },
    { title: "wrong", align: right },
  ];
  console.log(`${renderTable(columns, kinds)}\n`);
  console.log(
    `Meanwhile: ${Object.entries(disturbed)
      .map(([what, count]) => `${count} ${what}`)
      .join(", ")}.\n`,
  );
  console.log(
    `heap         ${sparkline(samples.map(({ heapBytes }) => heapBytes))}  ${range(samples.map(({ heapBytes }) => heapBytes / 1_048_576))} MB`,
  );
  console.log(
    `resident     ${sparkline(samples.map(({ residentBytes }) => residentBytes))}  ${range(samples.map(({ residentBytes }) => residentBytes / 1_048_576))} MB`,
  );
  console.log(
    `descriptors  ${sparkline(samples.map(({ descriptors }) => descriptors))}  ${range(samples.map(({ descriptors }) => descriptors))}\n`,
  );
  const growth = (judgeGrowth(samples) ?? []).map(({ what, from, to, bound, held }) => [
    what,
    format(what, from),
    format(what, to),
    `+${format(what, bound)}`,
    held ? "held" : "GREW",
  ]);
  const restHeld = rest.descriptors <= before.descriptors + REST_BOUND;
  growth.push([
    "descriptors at rest",
    String(before.descriptors),
    String(rest.descriptors),
    `+${REST_BOUND}`,
    restHeld ? "held" : "GREW",
  ]);
  console.log(
    renderTable(
      [
        { title: "" },
        { title: "from", align: right },
        { title: "to", align: right },
        { title: "bound", align: right },
        { title: "" },
      ],
      growth,
    ),
  );
  for (const complaint of tally.complaints) console.log(`wrong: ${complaint}`);
  return tally.wrong === 0 && growth.every((row) => row[4] === "held");
}

function format(what: string, value: number): string {
  return what.startsWith("heap") ? `${(value / 1_048_576).toFixed(1)} MB` : String(value);
}

function range(values: readonly number[]): string {
  return `${Math.min(...values).toFixed(0)} to ${Math.max(...values).toFixed(0)}`;
}

function describe({ heapBytes, descriptors }: Sample): string {
  return `heap ${(heapBytes / 1_048_576).toFixed(1)} MB, ${descriptors} descriptors`;
}

function readMinutes(): number {
  try {
    const { values } = parseArgs({ options: { minutes: { type: "string", default: "3" } } });
    const given = Number(values.minutes);
    if (given >= 0.1 && given <= 600) return given;
    throw new TypeError("--minutes: a number from 0.1 to 600.");
  } catch (error) {
    console.error(error instanceof Error ? error.message : String(error));
    process.exit(2);
  }
}

function endAtOnce(): void {
  log("ended early");
  killChildren();
  process.exit(130);
}

function sleep(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}
