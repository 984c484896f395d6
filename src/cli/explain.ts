import type { Command } from "commander";
import type { ExplainQuestion, Explanation } from "../pipeline/explain.ts";
import { adminClientFor, refuseIfNamed } from "./admin-address.ts";
import type { CliContext, GlobalOptions } from "./cli-context.ts";
import { configFileOf, environmentOf } from "./config-file.ts";
import { printReport, type Report } from "./report.ts";
import type { CommandHost } from "./run-cli.ts";
import { table } from "./table.ts";

interface ExplainOptions extends GlobalOptions {
  readonly as?: string;
  readonly bucket?: string;
  readonly host: string;
  readonly header: readonly string[];
}

const HELP = `
Asks the running gateway; where none runs, works it out from the files. Sends no request.

Examples:
  figway explain GET /orders/7 --as alice
  figway explain POST /index.php?page=report --host shop.example --header "X-Team: blue"
  figway explain GET /catalog --bucket 0123456789abcdef0123456789abcdef --json`;

export function addExplainCommand(program: Command, { context, finish }: CommandHost): void {
  program
    .command("explain")
    .description("say where a request would go, and why")
    .argument("<method>", "the HTTP method")
    .argument("<path>", "the path, with its query")
    .option("--as <user>", "the logged-in user's id (default: nobody)")
    .option("--bucket <id>", "the visitor's bucket: the value of the cookie figway.bucket")
    .option("--host <host>", "the Host field", "localhost")
    .option("--header <field>", 'a header field as "Name: value"; may be repeated', collectHeader, [])
    .addHelpText("after", HELP)
    .action(async (method: string, path: string, _options, command: Command) => {
      if (!/^[A-Za-z-]{1,32}$/.test(method)) command.error(`error: "${method}" is no HTTP method`);
      if (!path.startsWith("/")) command.error(`error: the path must start with /, but it is "${path}"`);
      const options = command.optsWithGlobals<ExplainOptions>();
      const wrong = options.header.find((field) => !/^[^\s:]+:/.test(field));
      if (wrong !== undefined) command.error(`error: "${wrong}" is no header field; write it as "Name: value"`);
      const report = await explainReport({ method: method.toUpperCase(), path }, options, context);
      finish(printReport(report, options.json === true, context));
    });
}

function collectHeader(field: string, fields: readonly string[]): readonly string[] {
  return [...fields, field];
}

async function explainReport(
  { method, path }: { method: string; path: string },
  options: ExplainOptions,
  context: CliContext,
): Promise<Report> {
  const environment = environmentOf(options, context);
  const fields = options.header.map((field) => [
    field.slice(0, field.indexOf(":")),
    field.slice(field.indexOf(":") + 1).trim(),
  ]);
  const client = adminClientFor(options, environment);
  const answer = await client.send<Explanation>("POST", "/api/explain", {
    method,
    target: path,
    host: options.host,
    headers: Object.fromEntries(fields) as Record<string, string>,
    as: options.as,
    bucket: options.bucket,
  });
  if (answer.kind === "answered") return reportOf(answer.body, `according to the gateway at ${client.url}`, context);
  refuseIfNamed(options, client, answer.detail);
  const configFile = configFileOf(options, context);
  const question: ExplainQuestion = {
    method,
    target: path,
    host: options.host,
    headers: fields.flat(),
    as: options.as,
    bucket: options.bucket,
  };
  // Loaded when needed: configuration and flags are half of a command's start.
  const { openOfflineGateway } = await import("./offline-gateway.ts");
  const gateway = await openOfflineGateway(configFile, environment);
  try {
    const explanation = gateway.explain(question);
    return reportOf(explanation, `according to ${configFile} and the flags; no gateway runs at ${client.url}`, context);
  } finally {
    await gateway.close();
  }
}

function reportOf(explanation: Explanation, source: string, { paint }: CliContext): Report {
  const { side, upstream, reason, flag, bucket, user, route, sentences } = explanation;
  const where = upstream === undefined || upstream === side ? side : `${side} (${upstream})`;
  const facts = table([
    ["side", paint(side === "modern" ? ["bold", "magenta"] : ["bold", "blue"], where)],
    ["reason", reason],
    ["route", route === undefined ? "-" : `${route.id} (${route.path})`],
    ["flag", flag ?? "-"],
    ["user", user ?? "nobody"],
    ["bucket", bucket ?? "-"],
  ]);
  return { exitCode: 0, json: explanation, text: `${sentences.join("\n")}\n\n${facts}\n\n${paint("dim", source)}` };
}
