import type { Config } from "../../config/schema.ts";
import type { RouteConfig } from "../../config/schema/routes.ts";
import type { AdminClient } from "../admin-client.ts";
import { CommandFailure } from "../command-failure.ts";

interface Explanation {
  readonly side: string;
  readonly flag?: string | null;
  readonly sentences: readonly string[];
}

/**
 * A path that modern serves to this user now: the one asked for, else the first route's that a flag sends there, those that need a
 * login before the others.
 *
 * @throws CommandFailure where there is none
 */
export async function pickRoute(
  config: Config,
  admin: AdminClient,
  { asked, username }: { asked: string | undefined; username: string | undefined },
): Promise<string> {
  if (asked !== undefined) {
    const explained = await explain(admin, asked, username);
    if (explained === undefined || explained.side === "modern") return asked;
    throw new CommandFailure(`GET ${asked} goes to ${explained.side}: ${explained.sentences.join(" ")}`);
  }
  const candidates = config.routes.filter(isSimple).sort((a, b) => needOf(a) - needOf(b));
  for (const route of candidates) {
    const path = plainPathOf(route);
    if ((await explain(admin, path, username))?.side === "modern") return path;
  }
  const [first] = candidates;
  const remedy =
    first === undefined
      ? "name a path that modern serves with --route PATH."
      : `move one there first, as in: figway flag ${first.flag} on`;
  throw new CommandFailure(`No flag sends a route of users to modern now, so there is nothing to measure: ${remedy}`);
}

/** GET without conditions, so that its path alone asks for it. */
function isSimple({ flag, methods, host, query, headers, path, auth }: RouteConfig): boolean {
  const isUnconditional = host === undefined && query === undefined && headers === undefined;
  return (
    flag !== undefined &&
    isUnconditional &&
    auth !== "none" &&
    !path.includes(":") &&
    (methods ?? ["GET"]).includes("GET")
  );
}

function needOf({ auth }: RouteConfig): number {
  return auth === "required" ? 0 : 1;
}

function plainPathOf({ path }: RouteConfig): string {
  return path.replace(/\/\*$/, "") || "/";
}

/** undefined: nobody can be asked. */
async function explain(
  admin: AdminClient,
  target: string,
  username: string | undefined,
): Promise<Explanation | undefined> {
  const answer = await admin.send<Explanation>("POST", "/api/explain", { method: "GET", target, as: username });
  return answer.kind === "answered" ? answer.body : undefined;
}
