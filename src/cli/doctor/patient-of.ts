import type { CliContext } from "../cli-context.ts";
import { CommandFailure } from "../command-failure.ts";
import type { Patient } from "./enter.ts";
import type { Credentials } from "./log-in.ts";
import { readCookieField } from "./visitor.ts";

export interface CredentialOptions {
  readonly form?: string;
  readonly user?: string;
  readonly password?: string;
}

export interface PatientOptions extends CredentialOptions {
  readonly cookie?: string;
  /** `--no-login` makes it false. */
  readonly login: string | boolean;
}

/** Who looks, from the options; asks at the terminal for what is missing. */
export async function patientOf(options: PatientOptions, context: CliContext): Promise<Patient> {
  if (options.login === false) return { kind: "no-login" };
  if (options.cookie === undefined) return { kind: "login", credentials: await credentialsOf(options, context) };
  const cookies = readCookieField(options.cookie);
  if (cookies.size > 0) return { kind: "cookie", cookies };
  throw new CommandFailure('--cookie holds no cookie; write it as a browser sends it: "name=value; name=value"');
}

/** @throws CommandFailure where nobody says whom to log in as */
export async function credentialsOf(
  { form, user, password }: CredentialOptions,
  { environment }: CliContext,
): Promise<Credentials> {
  if (form !== undefined) return { kind: "form", fields: [...new URLSearchParams(form)] };
  const known = { user, password: password ?? (environment["FIGWAY_DOCTOR_PASSWORD"] || undefined) };
  if (known.user !== undefined && known.password !== undefined) {
    return { kind: "user", user: known.user, password: known.password };
  }
  if (process.stdin.isTTY) return (await import("./ask-credentials.ts")).askCredentials(known);
  throw new CommandFailure(
    'Say whom to log in as: --user NAME with --password (or FIGWAY_DOCTOR_PASSWORD), --form "username=…&password=…", a browser\'s --cookie, or --no-login for a look without.',
  );
}
