import { spawnSync } from "node:child_process";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");

/** Runs `npm test`'s program over the suite in skips/. */
function run(filter: string, environment: Record<string, string> = {}, ...args: string[]) {
  const { CI: _ci, ...inherited } = process.env;
  const config = join(import.meta.dirname, "skips/vitest.config.ts");
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(root, "tools/test.ts"), "--config", config, filter, ...args],
    { cwd: root, env: { ...inherited, NO_COLOR: "1", ...environment }, encoding: "utf8" },
  );
  return { status, lines: stdout.trimEnd().split("\n"), stderr };
}

it("says first what it runs on, and last what came out, with each skipped suite and its reason", () => {
  const { status, lines } = run("some");
  expect(lines[0]).toBe(`Node      ${process.versions.node}`);
  expect(lines.slice(1, 5).map((line) => line.split(" ")[0])).toEqual(["Redis", "Chromium", "Unleash", "Skips"]);
  expect(lines.slice(-3)).toEqual([
    "skipped   test/tools/skips/some.fixture.ts > on the moon (needs a rocket) (2 tests): needs a rocket",
    "skipped   test/tools/skips/some.fixture.ts > elsewhere > decides for itself (1 test): it is not Tuesday",
    "2 passed, 0 failed, 3 skipped",
  ]);
  expect(status).toBe(0);
});

it.each([
  ["CI=true", { CI: "true" }, []],
  ["--no-skips", {}, ["--no-skips"]],
])("with %s a skip is a failure", (_how, environment, args) => {
  const { status, stderr } = run("some", environment, ...args);
  expect(status).toBe(1);
  expect(stderr).toContain("Tests were skipped, and a skip is a failure here.");
});

it("a failed test is a failure, and so is a filter that finds no test", () => {
  const failed = run("broken");
  expect(failed.status).toBe(1);
  expect(failed.lines.at(-1)).toBe("0 passed, 1 failed, 0 skipped");
  expect(run("no-such-file").status).toBe(1);
});
