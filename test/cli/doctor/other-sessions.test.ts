import { expect, it } from "vitest";
import { startRedis } from "../../doubles/start-redis.ts";
import { LEGACY_SECRET, startLegacyDouble } from "./legacy-double.ts";
import { startOtherStack } from "./other-stack-double.ts";
import { type Diagnosis, runDoctor } from "./run-doctor.ts";

/** What legacy's whoami endpoint is asked with, over a routes.json whose session has nothing else. */
function whoami(url: string, more: Record<string, unknown> = {}): Record<string, unknown> {
  const session = { kind: "whoami", url: `${url}/whoami`, cookies: ["PHPSESSID"], subject: "/account/id", ...more };
  return { identity: { session } };
}

async function diagnose(
  configOf: (url: string) => Record<string, unknown>,
  { logsOut = true }: { logsOut?: boolean } = {},
): Promise<Diagnosis> {
  const legacy = await startOtherStack({ logsOut });
  try {
    return await runDoctor({ legacyUrl: legacy.url, redisUrl: "redis://127.0.0.1:9", config: configOf(legacy.url) });
  } finally {
    await legacy.close();
  }
}

it("legacy of another stack is asked who the user is, before and after the logout, and Redis is left alone", async () => {
  const { code, on, session, findings } = await diagnose((url) => whoami(url));
  expect({ code, session }).toEqual({ code: 0, session: null });
  expect(on("cookie").evidence).toContain("PHPSESSID");
  expect(on("subject")).toMatchObject({ verdict: "ok", evidence: expect.stringContaining("u-alice") as string });
  expect(on("fixation")).toMatchObject({ verdict: "ok" });
  expect(on("logout")).toMatchObject({ verdict: "ok" });
  expect(findings.map(({ topic }) => topic)).not.toContain("store");
});

it("a place that holds no user and a cookie of another name are put right", async () => {
  const wrong = { subject: "/user/id", claims: { name: "/user/name" } };
  expect((await diagnose((url) => whoami(url, wrong))).session).toMatchObject({
    kind: "whoami",
    subject: "/account/id",
    claims: { name: "/account/displayName" },
  });
  const misnamed = await diagnose((url) => whoami(url, { cookies: ["SID"] }));
  expect(misnamed.session).toMatchObject({ cookies: ["PHPSESSID"] });
  expect(misnamed.on("subject").evidence).toContain("it says that nobody is logged in");
});

it("a logout that only takes the cookie back is warned of", async () => {
  const { on } = await diagnose((url) => whoami(url), { logsOut: false });
  expect(on("logout")).toMatchObject({ verdict: "warns" });
});

it("a routes.json that takes it for express-session is told of whoami", async () => {
  const redis = await startRedis("embedded");
  const legacy = await startOtherStack({ logsOut: true });
  try {
    const { code, on } = await runDoctor({ legacyUrl: legacy.url, redisUrl: redis.url });
    expect(code).toBe(1);
    expect(on("cookie")).toMatchObject({ verdict: "differs", advice: expect.stringContaining("whoami") as string });
  } finally {
    await legacy.close();
    await redis.stop();
  }
});

it("a routes.json that reads no sessions yet is given all that it needs to", async () => {
  const redis = await startRedis("embedded");
  const legacy = await startLegacyDouble({ redisUrl: redis.url, prefix: "shop:", shape: "passport" });
  const secrets = { REDIS_URL: redis.url, SESSION_SECRET: LEGACY_SECRET };
  try {
    const run = { legacyUrl: legacy.url, redisUrl: redis.url, environment: secrets };
    const first = await runDoctor({ ...run, config: { identity: { session: { kind: "none" } } } });
    expect(first.session).toEqual({
      kind: "express-session",
      secrets: ["${SESSION_SECRET}"],
      store: "${REDIS_URL}",
      cookie: "connect.sid",
      prefix: "shop:",
      subject: "/passport/user",
    });
    const second = await runDoctor({ ...run, config: { identity: { session: first.session } } });
    expect(second).toMatchObject({ code: 0, session: null });
  } finally {
    await legacy.close();
    await redis.stop();
  }
});
