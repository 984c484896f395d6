import { mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { FlagChangeError } from "../../src/flags/flag-change-error.ts";
import { createFlagSource, type FlagLog, type FlagSource } from "../../src/flags/flag-source.ts";
import { FlagsFileError } from "../../src/flags/flags-file-error.ts";
import { context, describeFlagSource, until } from "../contracts/flag-source.contract.ts";

describeFlagSource("a flag file", {
  flipWithinMs: 500,
  noticedWithinMs: 10_000,
  openPlace: async () => {
    const dir = await mkdtemp(join(tmpdir(), "figway-flags-"));
    const file = join(dir, "flags.json");
    return {
      open: (log) => openSource(dir, log),
      put: async (flags) => {
        const before = JSON.parse(await readFile(file, "utf8").catch(() => "{}")) as object;
        await writeFile(file, JSON.stringify({ ...before, ...flags }, undefined, 2));
      },
      takeAway: () => rename(file, `${file}.gone`),
      bringBack: () => rename(`${file}.gone`, file),
      close: () => rm(dir, { recursive: true }),
    };
  },
});

let dir: string;
let source: FlagSource | undefined;
const logged: string[] = [];
const log: FlagLog = (level, message, fields) => logged.push(`${level} ${message} ${JSON.stringify(fields)}`);

beforeEach(async () => {
  logged.splice(0);
  dir = await mkdtemp(join(tmpdir(), "figway-flags-"));
});
afterEach(async () => {
  await source?.close();
  source = undefined;
  await rm(dir, { recursive: true });
});

function openSource(baseDir: string, log: FlagLog): Promise<FlagSource> {
  const config = { source: "file", file: "flags.json" } as const;
  return createFlagSource({ config, baseDir, stateDir: join(baseDir, ".figway"), log, environment: {} });
}

async function open(text: string): Promise<FlagSource> {
  await writeFile(join(dir, "flags.json"), text);
  source = await openSource(dir, log);
  return source;
}

it("fails a first load without a file, naming what to do", async () => {
  const failure = await openSource(dir, log).then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(FlagsFileError);
  expect((failure as Error).message).toBe(
    "flags.json: The flag file does not exist. Create it, with {} at least, or correct `flags.file` in routes.json.",
  );
});

it("fails a first load with a wrong file, with every problem", async () => {
  await expect(open('{ "a": 25, "b": { "percent": 101 } }')).rejects.toMatchObject({
    problems: [{ path: "a" }, { path: "b.percent" }],
  });
});

it("keeps the last good flags through a bad edit, says what is wrong loudly and once, and recovers", async () => {
  const flags = await open('{ "a": true }');
  await writeFile(join(dir, "flags.json"), '{ "a": fals }');
  await until(() => flags.status().lastError !== undefined, 5_000);
  expect(flags.evaluate("a", context())).toBe("on");
  expect(logged).toHaveLength(1);
  expect(logged[0]).toContain("error flags.json has errors: the last good flags stay in force");
  expect(logged[0]).toContain("line 1");
  await writeFile(join(dir, "flags.json"), '{ "a": false }');
  await until(() => flags.evaluate("a", context()) === "off", 5_000);
  expect(flags.status().lastError).toBeUndefined();
  expect(logged.at(-1)).toContain("info flags.json is in order again");
});

it("writes a change into the file and leaves comments, order and the file's mode alone", async () => {
  const flags = await open('{\n  // the shop\n  "orders-modern": false, // since May\n  "x": true,\n}\n');
  await flags.set("orders-modern", { percent: 25 });
  await flags.set("new-one", true);
  expect(await readFile(join(dir, "flags.json"), "utf8")).toBe(
    '{\n  // the shop\n  "orders-modern": { "percent": 25 }, // since May\n  "x": true,\n  "new-one": true,\n}\n',
  );
  expect(flags.evaluate("new-one", context())).toBe("on");
  expect((await stat(join(dir, "flags.json"))).mode & 0o777).toBe(0o644);
});

it("writes through a symbolic link instead of replacing it", async () => {
  await writeFile(join(dir, "real.json"), '{ "a": false }');
  await symlink("real.json", join(dir, "flags.json"));
  source = await openSource(dir, log);
  await source.set("a", true);
  expect(await readFile(join(dir, "real.json"), "utf8")).toBe('{ "a": true }');
});

it("refuses to change a file that has errors, so that nothing in it is lost", async () => {
  const flags = await open('{ "a": true }');
  await writeFile(join(dir, "flags.json"), '{ "a": true, "b": maybe }');
  await expect(flags.set("a", false)).rejects.toThrow(FlagChangeError);
  expect(await readFile(join(dir, "flags.json"), "utf8")).toBe('{ "a": true, "b": maybe }');
  expect(flags.evaluate("a", context())).toBe("on");
});

it("puts a change by a person at the same time beside its own", async () => {
  const flags = await open('{ "a": false, "b": false }');
  await writeFile(join(dir, "flags.json"), '{ "a": false, "b": true }');
  await flags.set("a", true);
  expect([flags.evaluate("a", context()), flags.evaluate("b", context())]).toEqual(["on", "on"]);
});
