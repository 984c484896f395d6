import type { Command } from "commander";
import type { RouteConfig } from "../config/schema/routes.ts";
import { adminClientFor, refuseIfNamed } from "./admin-address.ts";
import type { CliContext, GlobalOptions } from "./cli-context.ts";
import { configFileOf, environmentOf } from "./config-file.ts";
import type { OfflineGateway } from "./offline-gateway.ts";
import { printReport, type Report } from "./report.ts";
import type { CommandHost } from "./run-cli.ts";
import { table } from "./table.ts";

/** What `GET /api/routes` says of one route, as far as it is shown. */
interface RouteRow {
  readonly id: string;
  readonly path: string;
  readonly methods?: readonly string[] | null | undefined;
  readonly host?: string | null | undefined;
  /** What happens with the route now, in words. */
  readonly decision: string;
}

export function addRoutesCommand(program: Command, { context, finish }: CommandHost): void {
  program
    .command("routes")
    .description("list the routes, and what happens with each now")
    .addHelpText(
      "after",
      "\nAsks the running gateway; where none runs, reads the files.\nExample:\n  figway routes --json",
    )
    .action(async (_options, command: Command) => {
      const options = command.optsWithGlobals<GlobalOptions>();
      finish(printReport(await routesReport(options, context), options.json === true, context));
    });
}

async function routesReport(options: GlobalOptions, context: CliContext): Promise<Report> {
  const environment = environmentOf(options, context);
  const client = adminClientFor(options, environment);
  const answer = await client.get<{ routes: readonly RouteRow[] }>("/api/routes");
  if (answer.kind === "answered")
    return reportOf(answer.body.routes, `according to the gateway at ${client.url}`, context);
  refuseIfNamed(options, client, answer.detail);
  const configFile = configFileOf(options, context);
  const { openOfflineGateway } = await import("./offline-gateway.ts");
  const gateway = await openOfflineGateway(configFile, environment);
  try {
    const rows = gateway.config.routes.map((route) => ({ ...route, decision: decisionOf(route, gateway) }));
    return reportOf(rows, `according to ${configFile} and the flags; no gateway runs at ${client.url}`, context);
  } finally {
    await gateway.close();
  }
}

/** In the words of the flag's summary: `on`, `off`, `25 % of buckets`. */
function decisionOf({ id, flag, to }: RouteConfig, { overrideOf, flags }: OfflineGateway): string {
  const override = overrideOf(id);
  if (override !== undefined) return `${override.side}: rolled back by ${override.actor}`;
  if (flag === undefined) return `${to}: always`;
  const known = flags.list().find(({ name }) => name === flag);
  if (known === undefined) return `legacy: flag ${flag} is unknown`;
  const target = to ?? "modern";
  if (!known.enabled) return `legacy: flag ${flag} is off`;
  if (known.summary === "on") return `${target}: flag ${flag} is on`;
  return `${target} for ${known.summary}, else legacy: flag ${flag}`;
}

function reportOf(routes: readonly RouteRow[], source: string, { paint }: CliContext): Report {
  const header = ["ROUTE", "METHODS", "PATH", "NOW"].map((title) => paint("bold", title));
  const rows = routes.map(({ id, path, methods, host, decision }) => [
    id,
    methods?.join(",") ?? "all",
    `${host ?? ""}${path}`,
    decision.startsWith("legacy") ? paint("blue", decision) : paint("magenta", decision),
  ]);
  return { exitCode: 0, json: { routes }, text: `${table([header, ...rows])}\n\n${paint("dim", source)}` };
}
