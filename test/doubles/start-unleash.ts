import { cp, mkdtemp, rename, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { callAdmin } from "../../tools/unleash/demo-flags.ts";
import { installUnleash } from "../../tools/unleash/install-unleash.ts";
import { type RunningUnleash, startUnleash } from "../../tools/unleash/start-unleash.ts";

export interface TestUnleash {
  /** What `flags.url` must be: `http://127.0.0.1:port/api`. Stays the same over a restart. */
  readonly url: string;
  readonly backendToken: string;
  readonly adminToken: string;
  /** One call of the Admin API, as `/projects/default/features`; rejects when it is refused. */
  admin(method: string, path: string, body?: unknown): Promise<unknown>;
  /** Ends the server; its flags stay for a restart. */
  stop(): Promise<void>;
  /** Starts it again on the same port with the same flags. */
  restart(): Promise<void>;
  /** Ends it for good and removes its data. */
  close(): Promise<void>;
}

/** A database after its migrations, with the demo's flags. It lies with the packages that made it and goes with them. */
const TEMPLATE = resolve(import.meta.dirname, "../../tools/unleash/node_modules/.figway-template");

/**
 * Whether a real Unleash can be run here: undefined, or why not and what to do, for the title of a skipped suite. Installs it on
 * first use. With CI=true nothing is skipped: it rejects.
 */
export async function whyNoUnleash(): Promise<string | undefined> {
  try {
    await installUnleash((line) => console.log(line));
    return undefined;
  } catch (error) {
    const [reason] = (error as Error).message.split("\n", 1);
    const message = `no Unleash server: ${reason} Run \`npm ci\` in tools/unleash where the package registry can be reached.`;
    if (process.env["CI"] === "true") throw new Error(message, { cause: error });
    console.warn(`SKIPPED: ${message}`);
    return message;
  }
}

/** Starts a real Unleash server with a database of its own, in about 2.5 s (the first time 8 s). Share it within a test file. */
export async function startTestUnleash(): Promise<TestUnleash> {
  const dataDir = await mkdtemp(join(tmpdir(), "figway-unleash-"));
  const log = (line: string) => (/error/i.test(line) ? console.warn(`unleash: ${line}`) : undefined);
  await fillFromTemplate(dataDir, log);
  let server: RunningUnleash = await startUnleash({ dataDir, log });
  const port = Number(new URL(server.url).port);
  return {
    url: server.url,
    backendToken: server.backendToken,
    adminToken: server.adminToken,
    admin: async (method, path, body) => (await callAdmin(server, method, path, body)).body,
    stop: () => server.stop(),
    restart: async () => {
      await server.stop();
      server = await startUnleash({ dataDir, port, log });
    },
    close: async () => {
      await server.stop();
      await rm(dataDir, { recursive: true, force: true });
    },
  };
}

async function fillFromTemplate(dataDir: string, log: (line: string) => void): Promise<void> {
  const isThere = await stat(TEMPLATE).then(
    () => true,
    () => false,
  );
  if (!isThere) await makeTemplate(log);
  await cp(TEMPLATE, dataDir, { recursive: true });
}

async function makeTemplate(log: (line: string) => void): Promise<void> {
  await installUnleash(log);
  const draft = `${TEMPLATE}-${process.pid}`;
  const server = await startUnleash({ dataDir: draft, log });
  await server.stop();
  // Another test process may have been first; its template is as good.
  await rename(draft, TEMPLATE).catch(() => rm(draft, { recursive: true, force: true }));
}
