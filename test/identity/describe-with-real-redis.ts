import { describe } from "vitest";
import { HOW_TO_GET_REAL_REDIS, hasRealRedis } from "../doubles/start-redis.ts";

/** Tests that only a real Redis can pass. Without one they are skipped, and it is said how to get it; in CI they run, and fail. */
export function describeWithRealRedis(title: string, tests: () => void): void {
  const isSkipped = !hasRealRedis() && process.env["CI"] !== "true";
  if (isSkipped) console.info(`skipped: "${title}" ${HOW_TO_GET_REAL_REDIS}`);
  describe.skipIf(isSkipped)(title, tests);
}
