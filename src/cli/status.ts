import type { Command } from "commander";
import { adminClientFor } from "./admin-address.ts";
import type { CliContext, GlobalOptions } from "./cli-context.ts";
import { environmentOf } from "./config-file.ts";
import { printReport, type Report } from "./report.ts";
import type { CommandHost } from "./run-cli.ts";
import { table } from "./table.ts";

/** The parts of `GET /api/status` that are shown. */
interface Status {
  readonly version: string;
  readonly node: string;
  readonly uptimeSeconds: number;
  readonly ready: boolean;
  readonly config: {
    readonly file: string;
    readonly digest: string;
    readonly loadedAt: string;
    readonly lastReloadProblems?: readonly unknown[];
  };
  readonly flags: { readonly detail: string };
  readonly identity: { readonly ok: boolean; readonly detail: string };
  readonly reasons?: readonly string[];
  readonly overrides?: readonly { readonly routeId: string; readonly side: string; readonly actor: string }[];
  readonly upstreams: readonly UpstreamRow[];
  readonly listen: { readonly public: string; readonly admin: string };
}

interface UpstreamRow {
  readonly name: string;
  readonly url?: string;
  readonly health: string;
  readonly lastFailure?: string;
}

export function addStatusCommand(program: Command, { context, finish }: CommandHost): void {
  program
    .command("status")
    .description("say how the running gateway is; exit code 1 when there is none or it is not ready")
    .addHelpText("after", "\nExamples:\n  figway status\n  figway status --admin http://10.0.0.5:3001 --json")
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      finish(printReport(await statusReport(options, context), options.json === true, context));
    });
}

async function statusReport(options: GlobalOptions, context: CliContext): Promise<Report> {
  const client = adminClientFor(options, environmentOf(options, context));
  const answer = await client.get<Status>("/api/status");
  if (answer.kind === "unreachable") {
    return {
      exitCode: 1,
      json: { running: false, admin: client.url },
      text: `Nothing answers at ${client.url}. Start figway with: figway start (the demo: npm start), or name another address with --admin URL.`,
    };
  }
  const { body: status } = answer;
  return { exitCode: status.ready ? 0 : 1, json: { running: true, ...status }, text: statusText(status, context) };
}

function statusText(status: Status, { paint }: CliContext): string {
  const ready = status.ready ? paint("green", "ready") : paint("red", `not ready: ${status.reasons?.join("; ") ?? ""}`);
  const refused = status.config.lastReloadProblems?.length ?? 0;
  const rows = [
    ["figway", `${status.version} on Node ${status.node}, up ${duration(status.uptimeSeconds)}, ${ready}`],
    ["listens", `${status.listen.public} (admin: ${status.listen.admin})`],
    ["config", `${status.config.file} (${status.config.digest}), loaded ${status.config.loadedAt}`],
    ...(refused > 0 ? [["", paint("red", "the file was changed and refused since; figway check says why")]] : []),
    ["flags", status.flags.detail],
    ["identity", status.identity.ok ? status.identity.detail : paint("red", status.identity.detail)],
    ...status.upstreams.map((upstream) => ["upstream", upstreamText(upstream, paint)]),
    ...(status.overrides ?? []).map(({ routeId, side, actor }) => [
      "override",
      paint("yellow", `route ${routeId} goes to ${side}, set by ${actor}`),
    ]),
  ];
  return table(rows);
}

function upstreamText({ name, url, health, lastFailure }: UpstreamRow, paint: CliContext["paint"]): string {
  const failure = lastFailure === undefined || health === "up" ? undefined : `(${lastFailure})`;
  const parts = [name, url, paint(health === "up" ? "green" : "red", health), failure];
  return parts.filter((part) => part !== undefined).join(" ");
}

/** As in `3 d 4 h`, `4 h 5 min`, `12 s`: the two largest units. */
export function duration(seconds: number): string {
  const units = [
    ["d", 86_400],
    ["h", 3_600],
    ["min", 60],
    ["s", 1],
  ] as const;
  let left = Math.floor(seconds);
  const parts: string[] = [];
  for (const [unit, size] of units) {
    const count = Math.floor(left / size);
    left -= count * size;
    if (count > 0) parts.push(`${count} ${unit}`);
  }
  return parts.slice(0, 2).join(" ") || "0 s";
}
