import type { Command } from "commander";
import { actorOf } from "./actor.ts";
import type { AdminAnswer, AdminClient } from "./admin-client.ts";
import { adminClientFor, refuseIfNamed } from "./admin-address.ts";
import type { CliContext, GlobalOptions } from "./cli-context.ts";
import { CommandFailure } from "./command-failure.ts";
import { environmentOf } from "./config-file.ts";
import { printReport, type Report } from "./report.ts";
import type { CommandHost } from "./run-cli.ts";

/** Sets and clears operators' overrides: in the running gateway, or in the file that every gateway of this folder watches. */
export interface OverrideStore {
  /** The ids of the routes that are not always legacy's. */
  movableRoutes(): Promise<readonly string[]>;
  overriddenRoutes(): Promise<readonly string[]>;
  rollBack(route: string, why: string | undefined): Promise<void>;
  /** Whether there was an override. */
  resume(route: string): Promise<boolean>;
  /** How it takes effect, in words. */
  readonly effect: string;
}

interface RollbackOptions extends GlobalOptions {
  readonly all?: true;
  readonly why?: string;
}

const ROLLBACK_HELP = `
An override wins over every flag, needs no flag server, and outlives a restart. figway resume takes it away.

Examples:
  figway rollback orders --why "totals are wrong"
  figway rollback --all`;

export function addRollbackCommands(program: Command, { context, finish }: CommandHost): void {
  program
    .command("rollback")
    .description("send a route, or all, to legacy at once, whatever the flags say")
    .argument("[route]", "the route's id")
    .option("--all", "every route that has a flag or goes to modern")
    .option("--why <text>", "the reason, for the audit trail")
    .addHelpText("after", ROLLBACK_HELP)
    .action(async (route: string | undefined, _options, command: Command) => {
      const options = checked(command, route);
      finish(printReport(await rollBack(route, options, context), options.json === true, context));
    });
  program
    .command("resume")
    .description("take a rollback away: the flags decide again")
    .argument("[route]", "the route's id")
    .option("--all", "every route that was rolled back")
    .action(async (route: string | undefined, _options, command: Command) => {
      const options = checked(command, route);
      finish(printReport(await resume(route, options, context), options.json === true, context));
    });
}

function checked(command: Command, route: string | undefined): RollbackOptions {
  const options = command.optsWithGlobals<RollbackOptions>();
  if ((route === undefined) !== (options.all === true)) command.error("error: name either one route or --all");
  return options;
}

async function rollBack(route: string | undefined, options: RollbackOptions, context: CliContext): Promise<Report> {
  const store = await openStore(options, context);
  const routes = await store.movableRoutes();
  if (route !== undefined && !routes.includes(route)) throw noSuchRoute(route, routes);
  const wanted = route === undefined ? routes : [route];
  for (const id of wanted) await store.rollBack(id, options.why);
  const text = wanted.map((id) => `${id} goes to legacy (${store.effect})`).join("\n");
  return {
    exitCode: 0,
    json: { rolledBack: wanted, effect: store.effect },
    text: text || "No route could be rolled back.",
  };
}

async function resume(route: string | undefined, options: RollbackOptions, context: CliContext): Promise<Report> {
  const store = await openStore(options, context);
  const wanted = route === undefined ? await store.overriddenRoutes() : [route];
  const resumed: string[] = [];
  for (const id of wanted) if (await store.resume(id)) resumed.push(id);
  if (route !== undefined && resumed.length === 0) throw new CommandFailure(`${route} was not rolled back.`);
  const text = resumed.map((id) => `${id}: the flags decide again (${store.effect})`).join("\n");
  return { exitCode: 0, json: { resumed, effect: store.effect }, text: text || "No route was rolled back." };
}

function noSuchRoute(route: string, routes: readonly string[]): CommandFailure {
  return new CommandFailure(
    `There is no route ${route} that could be rolled back; there are ${routes.join(", ") || "none"}.`,
  );
}

async function openStore(options: RollbackOptions, context: CliContext): Promise<OverrideStore> {
  const environment = environmentOf(options, context);
  const client = adminClientFor(options, environment);
  const routes = await client.get<{ routes: readonly { id: string; flag?: string | null; to?: string | null }[] }>(
    "/api/routes",
  );
  const actor = actorOf(context.environment);
  if (routes.kind === "unreachable") {
    refuseIfNamed(options, client, routes.detail);
    const { offlineOverrides } = await import("./offline-overrides.ts");
    return offlineOverrides(options, { context, environment, actor, noGatewayAt: client.url });
  }
  return runningOverrides(client, routes.body.routes, actor);
}

function runningOverrides(
  client: AdminClient,
  routes: readonly { id: string; flag?: string | null; to?: string | null }[],
  actor: string,
): OverrideStore {
  const path = (route: string) => `/api/overrides/${encodeURIComponent(route)}`;
  return {
    effect: "in force now",
    movableRoutes: async () => routes.filter(({ flag, to }) => flag != null || to !== "legacy").map(({ id }) => id),
    async overriddenRoutes() {
      const { overrides } = stillThere(
        await client.get<{ overrides: readonly { routeId: string }[] }>("/api/overrides"),
      );
      return overrides.map(({ routeId }) => routeId);
    },
    async rollBack(route, why) {
      stillThere(await client.send("PUT", path(route), { side: "legacy", actor, why }));
    },
    async resume(route) {
      return stillThere(await client.send<{ cleared: boolean }>("DELETE", path(route), { actor })).cleared;
    },
  };
}

function stillThere<Body>(answer: AdminAnswer<Body>): Body {
  if (answer.kind === "answered") return answer.body;
  throw new CommandFailure(`The gateway went away meanwhile (${answer.detail}).`);
}
