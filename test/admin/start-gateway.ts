import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type RunningGateway, start } from "../../src/start.ts";
import type { AuditRecord } from "../../src/telemetry/audit.ts";

/** A gateway without sessions in front of two servers that say their side; what the admin API needs and no more. */
export interface TestGateway {
  readonly directory: string;
  readonly publicUrl: string;
  readonly adminUrl: string;
  /** Which side answers a GET of this path. */
  sideOf(path: string): Promise<string>;
  auditFile(): AuditRecord[];
  writeConfig(change: (config: Record<string, unknown>) => void): void;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export interface TestGatewayOptions {
  readonly flags?: Record<string, unknown>;
  readonly environment?: Record<string, string>;
  readonly configure?: (config: Record<string, unknown>) => void;
  readonly modern?: RequestListener;
}

export async function startGateway(options: TestGatewayOptions = {}): Promise<TestGateway> {
  const directory = mkdtempSync(join(tmpdir(), "figway-admin-"));
  const legacy = await serve((request, response) => response.end(`legacy ${request.url}`));
  const modern = await serve(options.modern ?? ((request, response) => response.end(`modern ${request.url}`)));
  const config: Record<string, unknown> = {
    upstreams: { legacy: { url: urlOf(legacy) }, modern: { url: urlOf(modern) } },
    identity: { session: { kind: "none" } },
    flags: { source: "file", file: "flags.json" },
    routes: [
      { id: "orders", path: "/orders/*", flag: "orders-modern" },
      { id: "catalog", path: "/catalog/*", flag: "catalog-modern", fallback: "legacy" },
      { id: "moved", path: "/moved/*", to: "modern" },
      { id: "everything-else", path: "/*", to: "legacy" },
    ],
  };
  options.configure?.(config);
  const configFile = join(directory, "routes.json");
  const writeConfig = (): void => writeFileSync(configFile, JSON.stringify(config, null, 2));
  writeConfig();
  const flags = options.flags ?? { "orders-modern": false, "catalog-modern": false };
  writeFileSync(join(directory, "flags.json"), JSON.stringify(flags, null, 2));
  const environment = { PORT: "0", ADMIN_PORT: "0", ...options.environment };
  const startIt = () => start({ configFile, environment, logLevel: "silent" });
  const cleanUp = (): void => {
    for (const server of [legacy, modern]) {
      server.closeAllConnections();
      server.close();
    }
    rmSync(directory, { recursive: true, force: true });
  };
  let gateway: RunningGateway = await startIt().catch((error: unknown) => {
    cleanUp();
    throw error;
  });
  return {
    directory,
    get publicUrl() {
      return gateway.publicUrl;
    },
    get adminUrl() {
      return gateway.adminUrl;
    },
    async sideOf(path) {
      const answer = await fetch(new URL(path, gateway.publicUrl));
      return (await answer.text()).split(" ")[0] ?? "";
    },
    auditFile: () =>
      readFileSync(join(directory, ".figway", "audit.jsonl"), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as AuditRecord),
    writeConfig(change) {
      change(config);
      writeConfig();
    },
    async restart() {
      await gateway.stop();
      gateway = await startIt();
    },
    async stop() {
      await gateway.stop();
      cleanUp();
    },
  };
}

export async function serve(listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

export function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
