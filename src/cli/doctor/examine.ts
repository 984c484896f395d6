import type { Config } from "../../config/schema.ts";
import { pickCookies } from "../../identity/cookies/pick-cookies.ts";
import { WhoamiEndpoint } from "../../identity/whoami/whoami-endpoint.ts";
import type { CliContext } from "../cli-context.ts";
import type { AdminClient } from "../admin-client.ts";
import type { Report } from "../report.ts";
import type { Patient } from "./enter.ts";
import { type ExpectedSession, expectedSession } from "./expected-session.ts";
import type { Finding } from "./finding.ts";
import { judgeBoundaries } from "./judge-boundaries.ts";
import { judgeCookie } from "./judge-cookie.ts";
import { judgeLife } from "./judge-life.ts";
import { judgeModern } from "./judge-modern.ts";
import { judgeStore } from "./judge-store.ts";
import { judgeRedis } from "./judge-surroundings.ts";
import { judgeUser } from "./judge-user.ts";
import { loadForDoctor, openLegacySite } from "./load-for-doctor.ts";
import type { Observations } from "./observations.ts";
import { observeLegacy } from "./observe-legacy.ts";
import { sessionReport } from "./session-report.ts";
import { openSessionStoreView } from "./session-store-view.ts";
import { cookieField } from "./visitor.ts";

export interface ExamineRequest {
  readonly configFile: string;
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly patient: Patient;
  /** undefined: `access.loginPath`, or `/login`. */
  readonly loginPath: string | undefined;
  readonly logoutPath: string | undefined;
  readonly pagePath: string | undefined;
  readonly admin: AdminClient;
}

/** Looks at legacy, its Redis and modern, and compares them with routes.json. */
export async function examine(request: ExamineRequest, context: CliContext): Promise<Report> {
  const { configFile, environment, patient } = request;
  const loaded = loadForDoctor(configFile, environment);
  const { config, sessionInFile } = loaded;
  const expected = expectedSession(loaded, environment);
  const site = openLegacySite(config, configFile);
  const store = expected.store === undefined ? undefined : await openSessionStoreView(expected.store);
  const whoami = openWhoami(config);
  const loginPath = request.loginPath ?? config.access.loginPath ?? "/login";
  if (patient.kind === "login") {
    context.writeError(`figway: logs in on legacy at ${site.url}${loginPath}, three times at most, and out again\n`);
  }
  try {
    const seen = await observeLegacy({ ...request, site, expected, store, whoami: whoami?.ask, loginPath });
    const findings = [...judgeSessions(seen, expected), ...(await judgeModern(config, configFile, request.admin))];
    const legacy = { url: site.url, requests: site.requests };
    return sessionReport({ findings, sessionInFile, configFile, legacy }, context);
  } finally {
    store?.close();
    await whoami?.close();
    await site.close();
  }
}

/** Asks legacy whose cookies these are, as figway would; undefined: routes.json does not have it asked. */
function openWhoami({ identity }: Config) {
  const { session } = identity;
  if (session.kind !== "whoami") return undefined;
  const endpoint = new WhoamiEndpoint(session);
  const names = new Set(session.cookies);
  const from = { scheme: "http", host: new URL(session.url).host, clientAddress: "127.0.0.1" } as const;
  return {
    ask: (cookies: ReadonlyMap<string, string>) =>
      endpoint.ask({ ...from, cookie: pickCookies([cookieField(cookies)], names) ?? "" }),
    close: () => endpoint.close(),
  };
}

function judgeSessions(seen: Observations, expected: ExpectedSession): Finding[] {
  return [judgeCookie, judgeStore, judgeUser, judgeLife, judgeBoundaries, judgeRedis].flatMap((judge) =>
    judge(seen, expected),
  );
}
