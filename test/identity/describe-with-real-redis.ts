import { describe } from "vitest";
import { HOW_TO_GET_REAL_REDIS, hasRealRedis } from "../doubles/start-redis.ts";

/** Tests that only a real Redis can pass. Without one they are skipped, visibly; in CI they run, and fail. */
export function describeWithRealRedis(title: string, tests: () => void): void {
  const isSkipped = !hasRealRedis() && process.env["CI"] !== "true";
  describe.skipIf(isSkipped)(isSkipped ? `${title} (${HOW_TO_GET_REAL_REDIS})` : title, tests);
}
