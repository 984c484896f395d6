import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Finding, Topic } from "../../../src/cli/doctor/finding.ts";
import { type CommandResult, figway } from "../command-line.ts";
import { LEGACY_SECRET } from "./legacy-double.ts";

export interface Diagnosis {
  readonly code: number;
  readonly ok: boolean;
  readonly findings: readonly Finding[];
  /** The finding on this topic; there must be one. */
  on(topic: Topic): Finding;
  /** What to put into routes.json; null: nothing. */
  readonly session: Record<string, unknown> | null;
  readonly result: CommandResult;
}

export interface DoctorRun {
  readonly legacyUrl: string;
  readonly redisUrl: string;
  readonly session?: Record<string, unknown>;
  readonly config?: Record<string, unknown>;
  readonly secret?: string;
  readonly args?: readonly string[];
  readonly environment?: Record<string, string>;
}

export const LOGIN = ["--user", "alice", "--password", "right"];

/** Runs `figway doctor` on a routes.json of its own; `--json` and the login come by themselves. */
export async function runDoctor({ args = LOGIN, ...run }: DoctorRun): Promise<Diagnosis> {
  const result = await runPlainly({ ...run, args: [...args, "--json"] });
  const body = JSON.parse(result.out) as {
    ok: boolean;
    findings: Finding[];
    routes: { identity: { session: Record<string, unknown> } } | null;
  };
  return {
    code: result.code,
    ok: body.ok,
    findings: body.findings,
    on(topic) {
      const found = body.findings.find((finding) => finding.topic === topic);
      if (found === undefined) throw new Error(`there is no finding on ${topic}: ${result.out}`);
      return found;
    },
    session: body.routes?.identity.session ?? null,
    result,
  };
}

/** Without `--json`, and whatever its end. */
export async function runPlainly({
  legacyUrl,
  redisUrl,
  session = {},
  config = {},
  secret = LEGACY_SECRET,
  args = LOGIN,
  environment: more = {},
}: DoctorRun): Promise<CommandResult> {
  const directory = mkdtempSync(join(tmpdir(), "figway-doctor-"));
  try {
    const file = join(directory, "routes.json");
    writeFileSync(file, JSON.stringify(routesJson({ legacyUrl, redisUrl, session, config })));
    const environment = { FIGWAY_CONFIG: file, SESSION_SECRET: secret, ADMIN_PORT: "9", ...more };
    return await figway(["doctor", ...args], environment);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function routesJson({
  legacyUrl,
  redisUrl,
  session,
  config,
}: Required<Pick<DoctorRun, "legacyUrl" | "redisUrl" | "session" | "config">>) {
  return {
    upstreams: { legacy: { url: legacyUrl } },
    identity: {
      session: {
        kind: "express-session",
        secrets: ["${SESSION_SECRET}"],
        store: redisUrl,
        subject: "/user/id",
        claims: { name: "/user/name" },
        ...session,
      },
    },
    routes: [{ id: "all", path: "/*", to: "legacy" }],
    ...config,
  };
}
