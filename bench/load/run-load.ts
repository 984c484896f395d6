import { cpuTimeUs } from "../measure/process-cpu.ts";
import { Histogram } from "../measure/histogram.ts";
import { LoadConnection } from "./load-connection.ts";
import type { MeasureAnswer, MeasureRequest } from "./load-messages.ts";

/** A timer of Node's goes off once a millisecond at the most; what fell due meanwhile is sent together. */
const PACE_MS = 1;

/** Loads one port for warm-up and window, and says what came back within the window. */
export async function runLoad(wanted: MeasureRequest): Promise<MeasureAnswer> {
  const latencies = new Histogram();
  const free: LoadConnection[] = [];
  const due: number[] = [];
  let counting = false;
  let failures = 0;
  const paced = wanted.ratePerSecond !== undefined;

  const giveWork = (connection: LoadConnection) => {
    if (!paced) {
      connection.send(performance.now());
      return;
    }
    const dueAtMs = due.shift();
    if (dueAtMs === undefined) free.push(connection);
    else connection.send(dueAtMs);
  };
  const connections = Array.from({ length: wanted.connections }, (_, i) => {
    return new LoadConnection({
      port: wanted.port,
      requests: wanted.requests[i % wanted.requests.length] as readonly string[],
      onReady: giveWork,
      onAnswer(connection, startedAtMs, ok) {
        if (counting && ok) latencies.record((performance.now() - startedAtMs) * 1_000);
        else if (counting) failures += 1;
        giveWork(connection);
      },
      onLost(connection, wasWaiting) {
        const at = free.indexOf(connection);
        if (at !== -1) free.splice(at, 1);
        if (counting && wasWaiting) failures += 1;
      },
    });
  });
  const pacing = paced ? pace(wanted.ratePerSecond, free, due) : undefined;
  await sleep(wanted.warmMs);
  const cpuBeforeUs = cpuTimeUs(wanted.pids);
  const beganMs = performance.now();
  counting = true;
  await sleep(wanted.windowMs);
  counting = false;
  const elapsedMs = performance.now() - beganMs;
  const cpuUs = cpuTimeUs(wanted.pids) - cpuBeforeUs;
  clearInterval(pacing);
  for (const connection of connections) connection.close();
  return {
    responses: latencies.count,
    failures,
    elapsedMs,
    cpuUs,
    p50Us: latencies.quantileUs(0.5),
    p99Us: latencies.quantileUs(0.99),
  };
}

/** Hands out requests at an even rate, whether or not earlier ones were answered: a slow answer does not slow the questions. */
function pace(ratePerSecond: number, free: LoadConnection[], due: number[]): NodeJS.Timeout {
  const beganMs = performance.now();
  let released = 0;
  return setInterval(() => {
    const nowMs = performance.now();
    const wanted = Math.floor(((nowMs - beganMs) / 1_000) * ratePerSecond);
    for (; released < wanted; released += 1) {
      const connection = free.shift();
      if (connection === undefined) due.push(nowMs);
      else connection.send(nowMs);
    }
  }, PACE_MS);
}

function sleep(ms: number): Promise<void> {
  return new Promise((wake) => setTimeout(wake, ms));
}
