import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"],
    pool: "forks",
    maxWorkers: 2,
    // For a machine several times slower, with other work to do: what hangs is found out by the tests' own deadlines first.
    testTimeout: 60_000,
    hookTimeout: 120_000,
    // Property tests and real processes: a failure must name its seed and be repeatable, so nothing is retried.
    retry: 0,
    expect: { poll: { timeout: 10_000 } },
  },
});
