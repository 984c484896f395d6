import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { CommandFailure } from "../command-failure.ts";
import type { ChildProcesses } from "./child-processes.ts";
import { accepts, freePort, waitUntil } from "./ports.ts";
import { siblingModule } from "./sibling.ts";

export interface SessionStore {
  readonly url: string;
  /** For the banner: what it is. */
  readonly description: string;
}

export const SESSION_STORE = "session-store";

const REAL_SERVERS = ["redis-server", "valkey-server"];
const START_DEADLINE_MS = 10_000;

/** REDIS_URL, else a Redis or Valkey on PATH, else the embedded one. */
export async function startSessionStore(options: {
  readonly environment: Readonly<NodeJS.ProcessEnv>;
  readonly children: ChildProcesses;
  readonly onLine: (line: string) => void;
}): Promise<SessionStore> {
  const { environment, children, onLine } = options;
  const given = environment["REDIS_URL"];
  if (given !== undefined && given !== "") return useGiven(given);
  const port = await freePort();
  const binary = REAL_SERVERS.find((name) => isOnPath(name, environment));
  const [command, args] =
    binary === undefined
      ? [process.execPath, [siblingModule("embedded-store"), String(port)]]
      : [
          binary,
          ["--port", String(port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--loglevel", "warning"],
        ];
  const child = children.start({ name: SESSION_STORE, command, args, environment, onLine, quiet: true });
  const isUp = await waitUntil(() => accepts("127.0.0.1", port), {
    deadlineMs: START_DEADLINE_MS,
    isHopeless: child.hasEnded,
  });
  if (!isUp)
    throw new CommandFailure(`The session store (${command}) did not start; set REDIS_URL to use a Redis of your own.`);
  return {
    url: `redis://127.0.0.1:${port}`,
    description: binary ?? "js-redis-server (embedded; no Redis is installed)",
  };
}

async function useGiven(url: string): Promise<SessionStore> {
  const parsed = URL.parse(url);
  if (parsed === null || !/^rediss?:$/.test(parsed.protocol)) {
    throw new CommandFailure(
      "REDIS_URL is no redis:// address; set it to one like redis://127.0.0.1:6379, or unset it.",
    );
  }
  const port = Number(parsed.port === "" ? 6379 : parsed.port);
  const host = parsed.hostname.replace(/^\[|\]$/g, "");
  if (!(await accepts(host, port))) {
    throw new CommandFailure(
      `Nothing answers at ${host}:${port}, where REDIS_URL points; start that Redis, or unset REDIS_URL and figway brings its own.`,
    );
  }
  return { url, description: "from REDIS_URL" };
}

function isOnPath(name: string, environment: Readonly<NodeJS.ProcessEnv>): boolean {
  return (environment["PATH"] ?? "").split(delimiter).some((folder) => folder !== "" && existsSync(join(folder, name)));
}
