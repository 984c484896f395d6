import type { Command } from "commander";
import { adminClientFor } from "./admin-address.ts";
import type { CliContext, GlobalOptions } from "./cli-context.ts";
import { configFileOf, environmentOf } from "./config-file.ts";
import type { CredentialOptions, PatientOptions } from "./doctor/patient-of.ts";
import { printReport, type Report } from "./report.ts";
import type { CommandHost } from "./run-cli.ts";

const HELP = `
Visits legacy directly, as a browser would, with about ten requests. Logs in and out there; writes nothing to Redis itself.
Exit code 1 when routes.json and legacy differ.

Examples:
  figway doctor --user alice                     asks for the password
  figway doctor --form "username=alice&password=alice-pw"
  figway doctor --cookie "connect.sid=s%3A…"     with the session of a browser that is logged in
  figway doctor --no-login                       a look from outside
  figway doctor logout --user alice              how soon a logout on legacy counts on modern`;

const LOGOUT_HELP = `
Works through the running figway's public listener. Exit code 1 when an answer after a logout still was the user's, or a
WebSocket of the session stayed open for more than a second.

Example:
  figway doctor logout --user alice --route /orders --socket /ticker`;

export interface DoctorOptions extends GlobalOptions, PatientOptions {
  readonly logout?: string;
  readonly page?: string;
}

export interface LogoutOptions extends GlobalOptions, CredentialOptions {
  readonly login?: string;
  readonly logout?: string;
  readonly route?: string;
  readonly socket?: string;
  readonly url?: string;
  readonly times: number;
}

export function addDoctorCommand(program: Command, { context, finish }: CommandHost): void {
  const doctor = program
    .command("doctor")
    .description("look at the running legacy app and its Redis, and say what belongs into routes.json")
    .option("--no-login", "log nobody in")
    .option("--cookie <value>", "the Cookie field of a browser that is logged in, instead of a login")
    .option("--page <path>", "a page of logged-in users (default: where the login leads)");
  const report = async (command: Command, run: (asked: Command) => Promise<Report>): Promise<void> => {
    finish(printReport(await run(command), command.optsWithGlobals<GlobalOptions>().json === true, context));
  };
  withLoginOptions(doctor)
    .addHelpText("after", HELP)
    .action(async (_options, command: Command) =>
      report(command, () => doctorReport(command.optsWithGlobals<DoctorOptions>(), context)),
    );
  const logout = doctor
    .command("logout")
    .description("measure how soon a logout on legacy counts on modern")
    .option("--route <path>", "a path that modern serves (default: the first route that a flag sends there)")
    .option("--socket <path>", "a WebSocket of the same session, to see how soon it is closed")
    .option("--url <url>", "figway's public address (default: what the running figway says)")
    .option(
      "--times <n>",
      "how often, 200 at most",
      (text) => Math.min(Math.max(Number.parseInt(text, 10) || 1, 1), 200),
      20,
    );
  withLoginOptions(logout)
    .addHelpText("after", LOGOUT_HELP)
    .action(async (_options, command: Command) =>
      report(command, () => logoutReport(command.optsWithGlobals<LogoutOptions>(), context)),
    );
}

function withLoginOptions(command: Command): Command {
  return command
    .option("--login <path>", "the login page (default: access.loginPath, or /login)")
    .option("--form <fields>", 'what to log in with, as "name=value&name=value"; hidden fields are added')
    .option("--user <name>", "whom to log in as; the form's fields are guessed")
    .option("--password <password>", "the password (default: $FIGWAY_DOCTOR_PASSWORD, or it is asked for)")
    .option("--logout <path>", "where users log out (default: /logout)");
}

async function doctorReport(options: DoctorOptions, context: CliContext): Promise<Report> {
  // Loaded when needed: the other commands answer at once.
  const [{ examine }, { patientOf }] = [await import("./doctor/examine.ts"), await import("./doctor/patient-of.ts")];
  const environment = environmentOf(options, context);
  return examine(
    {
      configFile: configFileOf(options, context),
      environment,
      patient: await patientOf(options, context),
      loginPath: typeof options.login === "string" ? options.login : undefined,
      logoutPath: options.logout,
      pagePath: options.page,
      admin: adminClientFor(options, environment),
    },
    context,
  );
}

async function logoutReport(options: LogoutOptions, context: CliContext): Promise<Report> {
  const { measureLogout } = await import("./doctor/measure-logout.ts");
  return measureLogout(options, context);
}
