import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createFlagSource, type FlagLog, type FlagSource } from "../../src/flags/flag-source.ts";
import type { FlagDefinition } from "../../src/flags/flags-file-schema.ts";
import { context, describeFlagSource, until } from "../contracts/flag-source.contract.ts";
import { startTestUnleash, type TestUnleash, whyNoUnleash } from "../doubles/start-unleash.ts";

const missing = await whyNoUnleash();

interface OpenOptions {
  readonly url: string;
  readonly token: string;
  readonly stateDir: string;
  readonly log?: FlagLog;
  readonly environment?: Readonly<Record<string, string>>;
}

function openSource({
  url,
  token,
  stateDir,
  log = () => undefined,
  environment = {},
}: OpenOptions): Promise<FlagSource> {
  const config = { source: "unleash", url, token, appName: "figway-test", refreshIntervalMs: 100 } as const;
  return createFlagSource({ config, baseDir: stateDir, stateDir: ".", log, environment });
}

describe.skipIf(missing)(`a real Unleash${missing === undefined ? "" : ` (${missing})`}`, () => {
  let unleash: TestUnleash;
  beforeAll(async () => {
    unleash = await startTestUnleash();
  });
  afterAll(() => unleash?.close());

  describeFlagSource("an Unleash server", {
    flipWithinMs: 2_000,
    noticedWithinMs: 10_000,
    openPlace: async () => {
      const stateDir = await mkdtemp(join(tmpdir(), "figway-state-"));
      return {
        open: (log) => {
          const environment = { UNLEASH_ADMIN_TOKEN: unleash.adminToken };
          return openSource({ url: unleash.url, token: unleash.backendToken, stateDir, log, environment });
        },
        put: async (flags) => {
          for (const [name, flag] of Object.entries(flags)) await putFlag(unleash, name, flag);
        },
        takeAway: () => unleash.stop(),
        bringBack: () => unleash.restart(),
        close: () => rm(stateDir, { recursive: true }),
      };
    },
  });

  it("says where to flip when figway has no admin token, and what is refused when it has a wrong one", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "figway-state-"));
    const options = { url: unleash.url, token: unleash.backendToken, stateDir };
    const source = await openSource(options);
    await expect(source.set("me-modern", true)).rejects.toThrow(
      `The flags live in Unleash: change me-modern at ${unleash.url.replace("/api", "")}, or start figway with UNLEASH_ADMIN_TOKEN.`,
    );
    await source.close();
    const wrong = await openSource({ ...options, environment: { UNLEASH_ADMIN_TOKEN: "*:*.wrong" } });
    await expect(wrong.set("me-modern", true)).rejects.toThrow(
      /refused the change \(401\).* Check UNLEASH_ADMIN_TOKEN/,
    );
    await expect(wrong.set("no-such-flag", true)).rejects.toThrow("create it");
    await wrong.close();
    await rm(stateDir, { recursive: true });
  });

  it("starts with the demo's flags, off, and on for everybody once turned on", async () => {
    const stateDir = await mkdtemp(join(tmpdir(), "figway-state-"));
    const environment = { UNLEASH_ADMIN_TOKEN: unleash.adminToken };
    const source = await openSource({ url: unleash.url, token: unleash.backendToken, stateDir, environment });
    const demo = ["me-modern", "orders-modern", "account-modern", "catalog-modern", "ticker-modern"];
    expect(demo.map((flag) => source.evaluate(flag, context()))).toEqual(demo.map(() => "off"));
    await source.set("orders-modern", true);
    expect(source.evaluate("orders-modern", context({ bucket: undefined }))).toBe("on");
    await source.close();
    await rm(stateDir, { recursive: true });
  });

  // The last one: it leaves the server dead.
  it("is survived by its last known flags on disk, for itself and for no other environment", async () => {
    await putFlag(unleash, "kept", { percent: 100 });
    const options = {
      url: unleash.url,
      token: unleash.backendToken,
      stateDir: await mkdtemp(join(tmpdir(), "figway-state-")),
    };
    const first = await openSource(options);
    await until(() => first.evaluate("kept", context()) === "on", 10_000);
    const { revision } = first.status();
    await first.close();
    expect(await readFile(join(options.stateDir, "unleash-flags.json"), "utf8")).not.toContain(unleash.backendToken);
    await unleash.stop();

    const warnings: string[] = [];
    const log: FlagLog = (level, message) => (level === "debug" ? undefined : warnings.push(`${level} ${message}`));
    const second = await openSource({ ...options, log });
    expect(second.status()).toMatchObject({ source: "unleash", loaded: true, loadedFrom: "disk", revision });
    expect(second.status().lastError).toBe("Unleash cannot be reached: ECONNREFUSED.");
    expect(second.evaluate("kept", context())).toBe("on");
    expect(warnings).toEqual(["warn Unleash cannot be reached: ECONNREFUSED."]);
    await second.close();

    const stranger = await openSource({ ...options, token: "default:production.secret" });
    expect(stranger.status()).toMatchObject({ loaded: false, loadedFrom: "none" });
    expect(stranger.evaluate("kept", context())).toBe("not-loaded");
    await stranger.close();
    await rm(options.stateDir, { recursive: true });
  });
});

/** As a person does it in Unleash: the strategies one by one, then the switch of the environment. */
async function putFlag(unleash: TestUnleash, name: string, flag: FlagDefinition): Promise<void> {
  const feature = `/projects/default/features/${name}`;
  const development = `${feature}/environments/development`;
  await unleash
    .admin("GET", feature)
    .catch(() => unleash.admin("POST", "/projects/default/features", { name, type: "release" }));
  const stored = (await unleash.admin("GET", `${development}/strategies`)) as { id: string }[];
  for (const strategy of strategiesOf(name, flag)) await unleash.admin("POST", `${development}/strategies`, strategy);
  for (const { id } of stored) await unleash.admin("DELETE", `${development}/strategies/${id}`);
  await unleash.admin("POST", `${development}/${flag === false ? "off" : "on"}`);
}

function strategiesOf(groupId: string, flag: FlagDefinition): object[] {
  const { percent, users, stickiness = "bucket", constraints } = typeof flag === "boolean" ? { percent: 100 } : flag;
  const rollout = (share: number, limits: object[]) => ({
    name: "flexibleRollout",
    parameters: { rollout: String(share), stickiness, groupId },
    constraints: limits,
  });
  const strategies: object[] = [];
  if (percent !== undefined || constraints !== undefined)
    strategies.push(rollout(percent ?? 100, [...(constraints ?? [])]));
  if (users !== undefined) strategies.push(rollout(100, [{ contextName: "userId", operator: "IN", values: users }]));
  return strategies;
}
