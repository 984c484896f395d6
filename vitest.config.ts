import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    testTimeout: 20_000,
    hookTimeout: 60_000,
    // Property tests and real processes: a failure must name its seed and be repeatable, so nothing is retried.
    retry: 0,
  },
});
