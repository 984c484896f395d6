import type { Command } from "commander";
import type { FlagStatus, FlagSummary, FlagValue } from "../flags/flag-source.ts";
import { actorOf } from "./actor.ts";
import { adminClientFor, refuseIfNamed } from "./admin-address.ts";
import type { CliContext, GlobalOptions } from "./cli-context.ts";
import { CommandFailure } from "./command-failure.ts";
import { environmentOf } from "./config-file.ts";
import { parseFlagValue } from "./flag-value.ts";
import { printReport, type Report } from "./report.ts";
import type { CommandHost } from "./run-cli.ts";
import { table } from "./table.ts";
import { unaskedFlag } from "./unasked-flag.ts";

/** What `GET /api/flags` says, and the files in the same form. */
export interface FlagList {
  readonly flags: readonly FlagSummary[];
  readonly status: Pick<FlagStatus, "detail">;
}

/** A change that was made: before and after in plain words. */
export interface FlagChanged {
  readonly flag: string;
  readonly before: string;
  readonly after: string;
}

export interface FlagOptions extends GlobalOptions {
  readonly why?: string;
}

const HELP = `
Changes the flag through the running gateway, effective with the next request; where none runs, in the flag file.

Examples:
  figway flag                                     list all
  figway flag orders-modern                       show one
  figway flag orders-modern on --why "GA"
  figway flag orders-modern 25%
  figway flag orders-modern off`;

export function addFlagCommand(program: Command, { context, finish }: CommandHost): void {
  program
    .command("flag")
    .description("list the flags, or set one: on, off, or for a percentage of the visitors")
    .argument("[name]", "the flag's name")
    .argument("[value]", "on, off, or a whole percentage such as 25%", parseFlagValue)
    .option("--why <text>", "the reason, for the audit trail")
    .addHelpText("after", HELP)
    .action(async (name: string | undefined, value: FlagValue | undefined, _options, command: Command) => {
      const options = command.optsWithGlobals<FlagOptions>();
      const report =
        name !== undefined && value !== undefined
          ? await setFlag({ name, value }, options, context)
          : await showFlags(name, options, context);
      finish(printReport(report, options.json === true, context));
    });
}

async function showFlags(name: string | undefined, options: FlagOptions, context: CliContext): Promise<Report> {
  const environment = environmentOf(options, context);
  const client = adminClientFor(options, environment);
  const answer = await client.get<FlagList>("/api/flags");
  if (answer.kind === "unreachable") refuseIfNamed(options, client, answer.detail);
  const list =
    answer.kind === "answered" ? answer.body : await (await offline()).listFlags(options, context, environment);
  const source =
    answer.kind === "answered" ? `according to the gateway at ${client.url}` : `no gateway runs at ${client.url}`;
  if (name === undefined) return { exitCode: 0, json: list, text: listText(list, source, context) };
  const flag = list.flags.find((candidate) => candidate.name === name);
  if (flag === undefined) {
    const known = list.flags.map((candidate) => candidate.name).join(", ");
    throw new CommandFailure(`There is no flag ${name}${known === "" ? "" : `; there are ${known}`}.`);
  }
  return { exitCode: 0, json: flag, text: `${flag.name} is ${flag.summary}` };
}

/** Loaded when needed: configuration and flags are half of a command's start. */
const offline = () => import("./flag-offline.ts");

function listText({ flags, status }: FlagList, source: string, { paint }: CliContext): string {
  const rows = flags.map(({ name, summary, enabled }) => [name, paint(enabled ? "magenta" : "blue", summary)]);
  const header = ["FLAG", "ON FOR"].map((title) => paint("bold", title));
  return `${table([header, ...rows])}\n\n${paint("dim", `${status.detail}\n${source}`)}`;
}

async function setFlag(
  change: { readonly name: string; readonly value: FlagValue },
  options: FlagOptions,
  context: CliContext,
): Promise<Report> {
  const environment = environmentOf(options, context);
  const client = adminClientFor(options, environment);
  const body = { value: change.value, actor: actorOf(context.environment), why: options.why };
  const answer = await client.send<FlagChanged>("PUT", `/api/flags/${encodeURIComponent(change.name)}`, body);
  if (answer.kind === "answered") {
    const routes = await client.get<{ routes: readonly { flag?: string | null }[] }>("/api/routes");
    const warning = routes.kind === "answered" ? unaskedFlag(change.name, routes.body.routes) : undefined;
    return changedReport(answer.body, { effect: "in force now", warning }, context);
  }
  refuseIfNamed(options, client, answer.detail);
  const changed = await (await offline()).setFlag(change, { options, context, environment });
  const effect = `written to ${changed.file}; no gateway runs at ${client.url}`;
  return changedReport(changed, { effect, warning: unaskedFlag(change.name, changed.routes) }, context);
}

function changedReport(
  { flag, before, after }: FlagChanged,
  { effect, warning }: { readonly effect: string; readonly warning: string | undefined },
  { paint }: CliContext,
): Report {
  const sentence = before === after ? `${flag} stays ${after}` : `${flag}: ${before} → ${paint("bold", after)}`;
  const text = `${sentence} (${effect})`;
  return {
    exitCode: 0,
    json: { flag, before, after, effect, warning },
    text: warning === undefined ? text : `${text}\n${paint("yellow", warning)}`,
  };
}
