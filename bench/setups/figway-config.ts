import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** A folder of its own with routes.json and flags.json for a figway under test; the caller removes it. */
export interface FigwayFolder {
  readonly folder: string;
  readonly configFile: string;
  readonly flagsFile: string;
}

export interface FigwayFolderOptions {
  /** Routes in front of the two that are always there. */
  readonly routes?: readonly object[];
  readonly flags?: Readonly<Record<string, boolean>>;
}

/** A shop on the move: orders go to modern by flag, for logged-in users; the rest is legacy's. */
export function writeFigwayFolder({
  routes = [],
  flags = { "orders-modern": true },
}: FigwayFolderOptions): FigwayFolder {
  const folder = mkdtempSync(join(tmpdir(), "figway-bench-"));
  const configFile = join(folder, "routes.json");
  const flagsFile = join(folder, "flags.json");
  const config = {
    upstreams: {
      legacy: { url: "http://127.0.0.1:${BENCH_LEGACY_PORT}" },
      modern: { url: "http://127.0.0.1:${BENCH_MODERN_PORT}", audience: "shop-modern" },
    },
    identity: {
      session: {
        kind: "express-session",
        secrets: ["${SESSION_SECRET}"],
        store: "${REDIS_URL}",
        subject: "/user/id",
        claims: { name: "/user/name", roles: "/user/roles" },
      },
    },
    flags: { source: "file", file: "flags.json" },
    routes: [
      ...routes,
      { id: "orders", path: "/orders/*", flag: "orders-modern", auth: "required" },
      { id: "everything-else", path: "/*", to: "legacy" },
    ],
  };
  writeFileSync(configFile, JSON.stringify(config, null, 2));
  writeFileSync(flagsFile, JSON.stringify(flags));
  return { folder, configFile, flagsFile };
}
