import { realpathSync } from "node:fs";
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";

export interface RunningApp {
  /** Where it listens, as in `http://127.0.0.1:4000`. */
  readonly url: string;
  /** Ends open streams and sockets, lets requests finish for a moment, frees the port. */
  close(): Promise<void>;
}

export interface ListenOptions {
  /** The application's name in messages. */
  readonly name: string;
  /** 0 lets the system choose. */
  readonly port: number;
  readonly host: string;
  /** The environment variable that chooses the port, for the message. */
  readonly portVariable: string;
}

/** How long requests in flight may still run after a stop was asked for. */
const CLOSE_GRACE_MS = 1_000;

/** Says in one sentence what a person must change. Everything else that is thrown is a defect and keeps its stack. */
export class StartError extends Error {
  override readonly name = "StartError";
}

export async function listen(server: Server, options: ListenOptions): Promise<string> {
  try {
    server.listen(options.port, options.host);
    await once(server, "listening");
  } catch (error) {
    throw new StartError(refusalToListen(error, options), { cause: error });
  }
  const { port } = server.address() as AddressInfo;
  const host = options.host.includes(":") ? `[${options.host}]` : options.host;
  return `http://${host}:${port}`;
}

function refusalToListen(error: unknown, { name, host, port, portVariable }: ListenOptions): string {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === "EADDRINUSE") return `${name}: port ${port} is in use; stop what listens there or set ${portVariable}.`;
  if (code === "EACCES") return `${name}: port ${port} may not be opened by this user; set ${portVariable} above 1023.`;
  return `${name}: cannot listen on ${host}:${port} (${code ?? String(error)}).`;
}

export async function closeServer(server: Server): Promise<void> {
  if (!server.listening) return;
  const closed = once(server, "close");
  server.close();
  server.closeIdleConnections();
  const cut = setTimeout(() => server.closeAllConnections(), CLOSE_GRACE_MS);
  await closed;
  clearTimeout(cut);
}

/** The port from the first of these variables that is set. */
export function portFromEnvironment(names: readonly string[], fallback: number): number {
  const name = names.find((candidate) => process.env[candidate]);
  if (name === undefined) return fallback;
  const port = Number(process.env[name]);
  if (Number.isInteger(port) && port >= 0 && port <= 65_535) return port;
  throw new StartError(`${name} is "${process.env[name]}", but a port is a number from 0 to 65535.`);
}

/** Runs an application as a process: one sentence and exit 1 when it cannot start, exit 0 soon after SIGTERM or SIGINT. */
export async function runApp(name: string, start: () => Promise<RunningApp>): Promise<void> {
  try {
    const app = await start();
    console.log(`${name} listens on ${app.url}`);
    await Promise.race([once(process, "SIGTERM"), once(process, "SIGINT")]);
    await app.close();
    process.exit(0);
  } catch (error) {
    console.error(error instanceof StartError ? error.message : error);
    process.exit(1);
  }
}

/** Whether the file is what Node was started with; `import.meta.main` for Node 22 as well, and through links to its folder. */
export function isMain(filename: string): boolean {
  const started = process.argv[1];
  return started !== undefined && realpathSync(started) === filename;
}
