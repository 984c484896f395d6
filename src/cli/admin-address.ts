import { type AdminClient, createAdminClient } from "./admin-client.ts";
import type { GlobalOptions } from "./cli-context.ts";
import { CommandFailure } from "./command-failure.ts";

const DEFAULT_ADMIN_PORT = "3001";

/** A client for `--admin`, else for ADMIN_PORT on this machine. */
export function adminClientFor(options: GlobalOptions, environment: Readonly<NodeJS.ProcessEnv>): AdminClient {
  const url = options.admin ?? `http://127.0.0.1:${environment["ADMIN_PORT"] || DEFAULT_ADMIN_PORT}`;
  if (!/^https?:$/.test(URL.parse(url)?.protocol ?? "")) {
    throw new CommandFailure(`--admin "${url}" is no http address; write it like http://127.0.0.1:3001`);
  }
  return createAdminClient(url, environment["FIGWAY_ADMIN_TOKEN"] || undefined);
}

/** Where `--admin` was named, nothing offline is a fair answer. */
export function refuseIfNamed(options: GlobalOptions, client: AdminClient, detail: string): void {
  if (options.admin === undefined) return;
  throw new CommandFailure(`Nothing answers at ${client.url} (${detail}); leave --admin out to work on the files.`);
}
