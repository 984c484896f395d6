import { adminClientFor } from "../admin-address.ts";
import type { CliContext } from "../cli-context.ts";
import { CommandFailure } from "../command-failure.ts";
import { configFileOf, environmentOf } from "../config-file.ts";
import type { LogoutOptions } from "../doctor.ts";
import type { Report } from "../report.ts";
import { usernameOf } from "./enter.ts";
import { publicUrlOf } from "./judge-modern.ts";
import { loadForDoctor } from "./load-for-doctor.ts";
import { logoutReport } from "./logout-report.ts";
import { credentialsOf } from "./patient-of.ts";
import { pickRoute } from "./pick-route.ts";
import { learnRoute, type LogoutTime, type LogoutTrial, timeLogout } from "./time-logout.ts";
import { openSite } from "./visitor.ts";

const LOOPBACK = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/;

/** Measures, against the running system, how soon a logout on legacy counts on modern. */
export async function measureLogout(options: LogoutOptions, context: CliContext): Promise<Report> {
  const environment = environmentOf(options, context);
  const { config } = loadForDoctor(configFileOf(options, context), environment);
  const admin = adminClientFor(options, environment);
  const url = options.url ?? (await publicUrlOf(admin));
  if (url === undefined) {
    throw new CommandFailure(
      `No figway answers at ${admin.url}: start it, or name its admin listener with --admin URL, or its public one with --url URL.`,
    );
  }
  const credentials = await credentialsOf(options, { ...context, environment });
  const username = usernameOf(credentials);
  const routePath = await pickRoute(config, admin, { asked: options.route, username });
  const site = openSite({
    url,
    name: "figway",
    remedy: "start it, or name it with --url URL.",
    // On a laptop it has a certificate that nobody vouches for.
    trustAnyCertificate: LOOPBACK.test(new URL(url).hostname),
  });
  const trial: LogoutTrial = {
    site,
    credentials,
    username,
    loginPath: options.login ?? config.access.loginPath ?? "/login",
    logoutPath: options.logout ?? "/logout",
    routePath,
    socketPath: options.socket,
  };
  context.writeError(`figway: logs in and out at ${url}, ${options.times} times\n`);
  try {
    const reader = await learnRoute(trial);
    const times: LogoutTime[] = [];
    for (let i = 0; i < options.times; i++) times.push(await timeLogout(trial, reader));
    return logoutReport(times, { url, routePath, by: reader.by, socketPath: options.socket }, context);
  } finally {
    await site.close();
  }
}
