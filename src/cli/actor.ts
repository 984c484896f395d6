import { userInfo } from "node:os";

/** Who makes a change, for the audit trail: FIGWAY_ACTOR, else the name of the account. */
export function actorOf(environment: Readonly<NodeJS.ProcessEnv>): string {
  return environment["FIGWAY_ACTOR"] || accountName();
}

function accountName(): string {
  try {
    return userInfo().username;
  } catch {
    // A container may run under a number that has no name (uv_os_get_passwd ENOENT).
    return `uid ${process.getuid?.() ?? "unknown"}`;
  }
}
