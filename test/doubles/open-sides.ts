import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Two upstreams that say their side, and a directory with a routes.json and flags.json for them: what any figway can be started on. */
export interface Sides {
  readonly directory: string;
  readonly configFile: string;
  readonly legacyUrl: string;
  readonly modernUrl: string;
  writeConfig(change: (config: Record<string, unknown>) => void): void;
  writeFlags(flags: Record<string, unknown>): void;
  audit(): { action: string; target: string; actor: string }[];
  close(): void;
}

export interface SidesOptions {
  readonly configure?: (config: Record<string, unknown>) => void;
  readonly flags?: Record<string, unknown>;
  readonly legacy?: RequestListener;
  readonly modern?: RequestListener;
}

export async function openSides(options: SidesOptions = {}): Promise<Sides> {
  const directory = mkdtempSync(join(tmpdir(), "figway-sides-"));
  const legacy = await serve(options.legacy ?? ((request, response) => response.end(`legacy ${request.url}`)));
  const modern = await serve(options.modern ?? ((request, response) => response.end(`modern ${request.url}`)));
  const config: Record<string, unknown> = {
    upstreams: { legacy: { url: urlOf(legacy) }, modern: { url: urlOf(modern) } },
    identity: { session: { kind: "none" } },
    flags: { source: "file", file: "flags.json" },
    routes: [
      { id: "orders", path: "/orders/*", flag: "orders-modern" },
      { id: "moved", path: "/moved/*", to: "modern" },
      { id: "everything-else", path: "/*", to: "legacy" },
    ],
  };
  const configFile = join(directory, "routes.json");
  const writeConfig = (change: (config: Record<string, unknown>) => void): void => {
    change(config);
    writeFileSync(configFile, JSON.stringify(config, null, 2));
  };
  const writeFlags = (flags: Record<string, unknown>): void =>
    writeFileSync(join(directory, "flags.json"), JSON.stringify(flags, null, 2));
  writeConfig(options.configure ?? (() => undefined));
  writeFlags(options.flags ?? { "orders-modern": false });
  return {
    directory,
    configFile,
    legacyUrl: urlOf(legacy),
    modernUrl: urlOf(modern),
    writeConfig,
    writeFlags,
    audit: () =>
      readFileSync(join(directory, ".figway", "audit.jsonl"), "utf8")
        .trimEnd()
        .split("\n")
        .map((line) => JSON.parse(line) as { action: string; target: string; actor: string }),
    close() {
      for (const server of [legacy, modern]) {
        server.closeAllConnections();
        server.close();
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function serve(listener: RequestListener): Promise<Server> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  await once(server, "listening");
  return server;
}

function urlOf(server: Server): string {
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
