/**
 * `npm run bench`: figway beside the proxies that people would take instead, on the same machine, in one table. Each runs in a process
 * of its own; what each answers is checked before it is measured. Everything that was started is ended again, also on Ctrl-C.
 */
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { cpus, tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { type BenchOptions, parseBenchOptions, USAGE } from "./bench-options.ts";
import { installPeers } from "./install-peers.ts";
import { type BenchResults, judgeTargets } from "./judge-targets.ts";
import { type CpuProfile, topFunctions } from "./measure/top-functions.ts";
import { measureFlips } from "./measure-flip.ts";
import { measureIdle } from "./measure-idle.ts";
import { CONNECTIONS, type Contender, type Lengths, measurePeers } from "./measure-peers.ts";
import { measureRoutes } from "./measure-routes.ts";
import { HTTP_PROXY, PASS_THROUGH, PEERS, type Peer, whyNotHere } from "./peer-list.ts";
import { killChildren } from "./processes/child.ts";
import { renderFunctions, renderReport } from "./render-report.ts";
import { type Stage, startStage } from "./start-stage.ts";
import { verifyPeer } from "./verify-peer.ts";

const log = (line: string) => console.error(`bench: ${line}`);
/** In the table of `--profile`. */
const SHOWN_FUNCTIONS = 40;

const options = readOptions();
process.on("SIGINT", () => endAtOnce());
process.on("SIGTERM", () => endAtOnce());
const profileFolder = options.profile ? mkdtempSync(join(tmpdir(), "figway-profile-")) : undefined;
let stage: Stage | undefined;
let ended = false;
try {
  stage = await prepare(options);
  await run(options, stage);
} catch (error) {
  // What was being measured fails when everything is ended early; there is nothing to tell of it.
  if (!ended) throw error;
} finally {
  await stage?.stop();
  if (profileFolder !== undefined) tellProfiles(profileFolder);
}

function readOptions(): BenchOptions {
  try {
    const read = parseBenchOptions(process.argv.slice(2));
    if (read !== "help") return read;
    console.log(USAGE);
    process.exit(0);
  } catch (error) {
    console.error(`${error instanceof Error ? error.message : String(error)}\n\n${USAGE}`);
    process.exit(2);
  }
}

async function prepare({ only, quick }: BenchOptions): Promise<Stage> {
  if (wantedPeers({ only, quick }).some(({ fromNpm }) => fromNpm)) await installPeers(log);
  return await startStage();
}

function wantedPeers({ only, quick }: Pick<BenchOptions, "only" | "quick">): Peer[] {
  return PEERS.filter(({ name, quick: isQuick }) => {
    if (only !== undefined) return only.includes(name) || name === PASS_THROUGH;
    return isQuick || !quick;
  });
}

async function run({ only, quick, rounds, json }: BenchOptions, on: Stage): Promise<void> {
  const lengths: Lengths = quick
    ? { rounds, firstWarmMs: 1_000, fullMs: 1_000, halfMs: 600 }
    : { rounds, firstWarmMs: 3_000, fullMs: 3_000, halfMs: 2_000 };
  const contenders = await startContenders(wantedPeers({ only, quick }), on);
  const peers = await measurePeers(contenders, lengths, on, log);
  for (const { running } of contenders) await running.stop();
  const extras = only === undefined ? await measureExtras(on, { quick, rounds }) : { routes: [], idle: [], flips: [] };
  const results: BenchResults = { peers, ...extras };
  const circumstances = circumstancesOf(on, lengths);
  if (json) console.log(JSON.stringify({ circumstances, ...results, targets: judgeTargets(results) }, null, 2));
  else console.log(renderReport(results, circumstances));
}

/** Starts them and checks that each does its job. figway must; a peer that does not is left out, and said so. */
async function startContenders(peers: readonly Peer[], on: Stage): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const peer of peers) {
    const absent = whyNotHere(peer);
    if (absent !== undefined) {
      log(`without ${peer.title}: ${absent}`);
      continue;
    }
    const running = await on.startPeer({ ...peer, nodeArgs: peer.isFigway ? profileArgs() : [] });
    const wrong = await verifyPeer(peer, running, on);
    if (wrong === undefined) contenders.push({ peer, running });
    else if (peer.isFigway) throw new Error(`${peer.title}: ${wrong}`);
    else log(`without ${peer.title}, which does another job: ${wrong}`);
  }
  return contenders;
}

async function measureExtras(on: Stage, { quick, rounds }: { quick: boolean; rounds: number }) {
  log("10 and 1,000 routes …");
  const routes = await measureRoutes(on, { rounds, windowMs: quick ? 600 : 3_000 });
  log("5,000 idle connections …");
  const names = quick ? [PASS_THROUGH] : [PASS_THROUGH, HTTP_PROXY, "undici", "nginx", "haproxy"];
  const idle = await measureIdle(
    on,
    PEERS.filter((peer) => names.includes(peer.name) && whyNotHere(peer) === undefined),
  );
  log("flips …");
  const flips = await measureFlips(on, quick ? 2 : 10);
  return { routes, idle, flips };
}

function circumstancesOf({ cores, sessions }: Stage, { rounds, fullMs, halfMs }: Lengths): string[] {
  const [cpu] = cpus();
  return [
    `${cpu?.model ?? "unknown CPU"}, ${cpus().length} cores; Node ${process.versions.node} on ${process.platform}; ${sessions.redisKind} Redis; ${new Date().toISOString().slice(0, 10)}`,
    cores.sentence,
    `GET, 330 octets of answer, ${CONNECTIONS} connections; medians of ${rounds} interleaved rounds of ${fullMs / 1_000} s at full load and ${halfMs / 1_000} s at half of each one's own.`,
    "Peers log nothing; figway writes its request log to a file unless it says otherwise. CPU is that of all processes of the proxy.",
  ];
}

function profileArgs(): string[] {
  return profileFolder === undefined
    ? []
    : ["--cpu-prof", "--cpu-prof-dir", profileFolder, "--cpu-prof-interval", "500"];
}

function tellProfiles(folder: string): void {
  const root = resolve(import.meta.dirname, "..");
  for (const file of readdirSync(folder).sort()) {
    const functions = topFunctions(JSON.parse(readFileSync(join(folder, file), "utf8")) as CpuProfile, root);
    console.log(renderFunctions(`\n${file}`, functions, SHOWN_FUNCTIONS));
  }
  rmSync(folder, { recursive: true, force: true });
}

/** What is not told to end here ends by itself once this process is gone. */
function endAtOnce(): void {
  ended = true;
  log("ended early");
  const overdue = setTimeout(() => {
    killChildren();
    process.exit(130);
  }, 3_000);
  overdue.unref();
  if (stage === undefined) process.exit(130);
  void stage.stop().finally(() => process.exit(130));
}
