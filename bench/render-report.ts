import { type BenchResults, judgeTargets, megabytes } from "./judge-targets.ts";
import type { FunctionTime } from "./measure/top-functions.ts";
import { renderTable } from "./measure/render-table.ts";

/** The machine and the circumstances, in lines. */
export type Circumstances = readonly string[];

export function renderReport(results: BenchResults, circumstances: Circumstances): string {
  const sections = [circumstances.join("\n"), peerTable(results)];
  if (results.routes.length > 0) sections.push(routeTable(results));
  if (results.idle.length > 0) sections.push(idleTable(results));
  if (results.flips.length > 0) sections.push(flipTable(results));
  sections.push(targetTable(results));
  return `${sections.join("\n\n")}\n`;
}

const right = "right" as const;

function peerTable({ peers }: BenchResults): string {
  const columns = [
    { title: "" },
    { title: "CPU µs/request", align: right },
    { title: "ratio", align: right },
    { title: "requests/s", align: right },
    { title: "p50 ms", align: right },
    { title: "p99 ms", align: right },
    { title: "half load: CPU µs", align: right },
    { title: "p50 ms", align: right },
    { title: "p99 ms", align: right },
    { title: "failed", align: right },
  ];
  const ms = (us: number) => (us / 1_000).toFixed(2);
  const rows = [...peers]
    .sort((a, b) => a.cpuUs - b.cpuUs)
    .map((peer) => [
      // Where the proxy left its core idle, the load was the limit, and the throughput says little.
      `${peer.title}${peer.utilisation < 0.9 ? " *" : ""}`,
      peer.cpuUs.toFixed(1),
      peer.cpuRatio.toFixed(2),
      String(Math.round(peer.requestsPerSecond)),
      ms(peer.p50Us),
      ms(peer.p99Us),
      peer.halfLoadCpuUs.toFixed(1),
      ms(peer.halfLoadP50Us),
      ms(peer.halfLoadP99Us),
      String(peer.failures),
    ]);
  const starred = peers.some(({ utilisation }) => utilisation < 0.9);
  const note = starred ? "\n* did not use its whole core: the load, not the proxy, set the pace" : "";
  return `${renderTable(columns, rows)}${note}`;
}

function routeTable({ routes }: BenchResults): string {
  const columns = [
    { title: "routes", align: right },
    { title: "CPU µs/request", align: right },
    { title: "ratio", align: right },
  ];
  return renderTable(
    columns,
    routes.map(({ routes: count, cpuUs, ratio }) => [String(count), cpuUs.toFixed(1), ratio.toFixed(2)]),
  );
}

function idleTable({ idle }: BenchResults): string {
  const columns = [
    { title: "idle connections" },
    { title: "open", align: right },
    { title: "before", align: right },
    { title: "with", align: right },
    { title: "KB each", align: right },
    { title: "" },
  ];
  const rows = idle.map(({ title, connections, bytesBefore, bytesWith, problem }) => [
    title,
    String(connections),
    megabytes(bytesBefore),
    megabytes(bytesWith),
    connections === 0 ? "" : ((bytesWith - bytesBefore) / 1024 / connections).toFixed(1),
    problem === undefined ? "" : `not all could be opened: ${problem}`,
  ]);
  return renderTable(columns, rows);
}

function flipTable({ flips }: BenchResults): string {
  const columns = [
    { title: "from a flip to its effect" },
    { title: "median ms", align: right },
    { title: "worst ms", align: right },
  ];
  return renderTable(
    columns,
    flips.map(({ way, medianMs, worstMs }) => [way, medianMs.toFixed(1), worstMs.toFixed(1)]),
  );
}

function targetTable(results: BenchResults): string {
  const columns = [{ title: "target" }, { title: "measured", align: right }, { title: "" }];
  return renderTable(
    columns,
    judgeTargets(results).map(({ target, measured, held }) => [target, measured, held ? "held" : "MISSED"]),
  );
}

export function renderFunctions(title: string, functions: readonly FunctionTime[], count: number): string {
  const columns = [{ title: "self", align: right }, { title: "function" }, { title: "where" }];
  const rows = functions
    .slice(0, count)
    .map(({ name, place, share }) => [`${(share * 100).toFixed(1)} %`, name, place]);
  return `${title}\n${renderTable(columns, rows)}\n`;
}
