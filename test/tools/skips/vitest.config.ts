import { defineConfig } from "vitest/config";

/** The suite that test/tools/test-command.test.ts runs; it is no part of the real one. */
export default defineConfig({ test: { root: import.meta.dirname, include: ["*.fixture.ts"] } });
