/**
 * The child process: Unleash on an embedded Postgres (PGlite), until the parent says stop or is gone.
 * Everything comes by environment: FIGWAY_UNLEASH_DATA, FIGWAY_UNLEASH_PG_PORT, and Unleash's own variables.
 */
interface Postgres {
  close(): Promise<void>;
}
interface PostgresSocket {
  start(): Promise<void>;
  stop(): Promise<void>;
}
interface UnleashServer {
  stop(): Promise<void>;
}

/** Loaded by name: these packages have their own lock file and are absent where figway's sources are type-checked. */
const packages = {
  pglite: "@electric-sql/pglite",
  socket: "@electric-sql/pglite-socket",
  unleash: "unleash-server",
};

const stops: (() => Promise<void>)[] = [];
let stopping: Promise<void> | undefined;

function stop(): Promise<void> {
  stopping ??= (async () => {
    // A child that cannot end by itself must not outlive its parent.
    setTimeout(() => process.exit(1), 5_000).unref();
    for (const step of stops.reverse()) await step().catch((error: unknown) => console.error(error));
    process.exit(0);
  })();
  return stopping;
}

process.on("disconnect", () => void stop());
process.on("SIGTERM", () => void stop());
// Ctrl-C reaches the whole process group; the parent decides when this process ends.
process.on("SIGINT", () => undefined);
process.on("message", (message) => {
  if (message === "stop") void stop();
});

async function start(dataDir: string, pgPort: number): Promise<void> {
  const { PGlite } = (await import(packages.pglite)) as { PGlite: { create(dir: string): Promise<Postgres> } };
  const postgres = await PGlite.create(dataDir);
  stops.push(() => postgres.close());
  const { PGLiteSocketServer } = (await import(packages.socket)) as {
    PGLiteSocketServer: new (options: object) => PostgresSocket;
  };
  const socket = new PGLiteSocketServer({ db: postgres, port: pgPort, host: "127.0.0.1", maxConnections: 10 });
  await socket.start();
  stops.push(() => socket.stop());
  const unleash = (await import(packages.unleash)) as { start(): Promise<UnleashServer> };
  const server = await unleash.start();
  stops.push(() => server.stop());
}

await start(process.env["FIGWAY_UNLEASH_DATA"] as string, Number(process.env["FIGWAY_UNLEASH_PG_PORT"]));
// The parent may have gone while the server started.
if (!process.connected) void stop();
else process.send?.("ready");
