import type { Command } from "commander";
import { actorOf } from "./actor.ts";
import { adminClientFor } from "./admin-address.ts";
import type { CliContext, GlobalOptions } from "./cli-context.ts";
import { CommandFailure } from "./command-failure.ts";
import { environmentOf } from "./config-file.ts";
import { printReport, type Report } from "./report.ts";
import type { CommandHost } from "./run-cli.ts";
import { table } from "./table.ts";

/** What the admin API says of keys: an object with a list `keys` of flat objects. */
interface Keys {
  readonly keys: readonly Readonly<Record<string, unknown>>[];
}

interface RotateOptions extends GlobalOptions {
  readonly compromised?: boolean;
  readonly why?: string;
}

export function addKeysCommand(program: Command, { context, finish }: CommandHost): void {
  const keys = program.command("keys").description("the keys that sign the minted tokens");
  const report = async (command: Command, run: (options: GlobalOptions) => Promise<Report>) => {
    const options = command.optsWithGlobals<GlobalOptions>();
    finish(printReport(await run(options), options.json === true, context));
  };
  keys
    .command("list")
    .description("list them: which one signs, which are published")
    .action(async (_options, command: Command) => report(command, (options) => listKeys(options, context)));
  keys
    .command("rotate")
    .description("publish a new key, which takes over as soon as every verifier can know it")
    .option(
      "--compromised",
      "the new key signs at once, and all others are withdrawn at once: somebody else has one of them",
    )
    .option("--why <text>", "the reason, for the audit trail")
    .action(async (_options, command: Command) => report(command, (options) => rotateKeys(options, context)));
}

async function listKeys(options: GlobalOptions, context: CliContext): Promise<Report> {
  const client = adminClientFor(options, environmentOf(options, context));
  const body = reached(await client.get<Keys>("/api/keys"), client.url);
  return { exitCode: 0, json: body, text: keyTable(body, context) };
}

async function rotateKeys(options: RotateOptions, context: CliContext): Promise<Report> {
  const client = adminClientFor(options, environmentOf(options, context));
  const { compromised = false, why } = options;
  const change = { mode: compromised ? "compromised" : "graceful", actor: actorOf(context.environment), why };
  const body = reached(await client.send<Keys>("POST", "/api/keys/rotate", change), client.url);
  const told = compromised ? "The new key signs from now on; all others are withdrawn." : "A new key is published.";
  return { exitCode: 0, json: body, text: `${told}\n${keyTable(body, context)}` };
}

function reached<Body>(
  answer: { kind: "answered"; body: Body } | { kind: "unreachable"; detail: string },
  url: string,
): Body {
  if (answer.kind === "answered") return answer.body;
  throw new CommandFailure(
    `Nothing answers at ${url} (${answer.detail}); keys live in a running gateway: figway start`,
  );
}

function keyTable({ keys }: Keys, { paint }: CliContext): string {
  const columns = [...new Set(keys.flatMap((key) => Object.keys(key)))];
  const rows = keys.map((key) => columns.map((column) => String(key[column] ?? "-")));
  return table([columns.map((column) => paint("bold", column)), ...rows]);
}
