import { spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const LOCK = { packages: { "": {}, "node_modules/a": { version: "1.0.0", integrity: "sha512-a" } } };

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "figway-setup-"));
  for (const path of ["bin", "tools/setup.cjs"]) cpSync(join(root, path), join(folder, path), { recursive: true });
  writeJson("package-lock.json", LOCK);
  writeFileSync(
    join(folder, "tools/say.ts"),
    "const words: string[] = process.argv.slice(2); console.log(words.join(' '));",
  );
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

it("does nothing and says nothing when what is locked is what is installed", async () => {
  installed(LOCK);
  npmThat("exit 9");
  expect(await setup("tools/say.ts", "hello", "there")).toEqual({ code: 0, out: "hello there\n", error: noNodeHere() });
});

it("installs from the lock file on a first run, and then runs the program", async () => {
  npmThat(`mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json && echo "$@" > asked`);
  const { code, out, error } = await setup("tools/say.ts", "hello");
  expect({ code, out }).toEqual({ code: 0, out: "hello\n" });
  expect(error).toMatch(/^figway: installing dependencies \(first run, about 15 s\)…\n/);
  expect(readFileSync(join(folder, "asked"), "utf8")).toMatch(/^ci .*--include=dev .*--ignore-scripts/);
  expect(existsSync(join(folder, ".figway/setup.lock"))).toBe(false);
});

it("installs again when the lock file has changed", async () => {
  installed({ packages: { "": {}, "node_modules/a": { version: "0.9.0", integrity: "sha512-b" } } });
  npmThat("cp package-lock.json node_modules/.package-lock.json");
  expect((await setup("tools/say.ts")).error).toContain("they have changed");
});

it("does not miss optional packages of other platforms", async () => {
  writeJson("package-lock.json", {
    packages: { ...LOCK.packages, "node_modules/b": { version: "1.0.0", optional: true } },
  });
  installed(LOCK);
  npmThat("exit 9");
  expect((await setup("tools/say.ts")).code).toBe(0);
});

it("says in one sentence that the registry cannot be reached", async () => {
  npmThat('echo "npm error code ENOTFOUND" >&2; echo "npm error syscall getaddrinfo" >&2; exit 1');
  const { code, error } = await setup("tools/say.ts");
  expect(code).toBe(1);
  expect(error.trim().split("\n").at(-1)).toBe(
    "figway: the npm registry cannot be reached, and the dependencies are not installed yet; go online (or set npm's proxy) and try again.",
  );
});

it("two that start at once install once", async () => {
  npmThat("echo run >> runs; sleep 0.3; mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json");
  const both = await Promise.all([setup("tools/say.ts", "one"), setup("tools/say.ts", "two")]);
  expect(both.map(({ out }) => out).sort()).toEqual(["one\n", "two\n"]);
  expect(readFileSync(join(folder, "runs"), "utf8")).toBe("run\n");
});

it("a lock left behind by a process that is gone holds nobody up", async () => {
  mkdirSync(join(folder, ".figway"));
  writeFileSync(join(folder, ".figway/setup.lock"), "999999999");
  npmThat("mkdir -p node_modules && cp package-lock.json node_modules/.package-lock.json");
  expect((await setup("tools/say.ts")).code).toBe(0);
});

/** What is said where npm brought no Node: the tests' folder has none. */
function noNodeHere(): string {
  const here = `${process.platform}-${process.arch}`;
  return `figway: npm has no Node for ${here}; going on with this one, ${process.versions.node}.\n`;
}

function writeJson(path: string, value: unknown): void {
  writeFileSync(join(folder, path), JSON.stringify(value));
}

function installed(lock: unknown): void {
  mkdirSync(join(folder, "node_modules"));
  writeJson("node_modules/.package-lock.json", lock);
}

/** Puts an npm on PATH that runs `script` in the folder; the registry is not for tests. */
function npmThat(script: string): void {
  mkdirSync(join(folder, "path"));
  writeFileSync(join(folder, "path/npm"), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
}

async function setup(...args: string[]): Promise<{ code: number | null; out: string; error: string }> {
  const { npm_execpath: _npm, ...environment } = process.env;
  const child = spawn(process.execPath, [join(folder, "tools/setup.cjs"), ...args], {
    env: { ...environment, PATH: `${join(folder, "path")}:${process.env["PATH"]}` },
    stdio: ["ignore", "pipe", "pipe"],
  });
  const [out, error] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "exit")]);
  return { code: child.exitCode, out, error };
}
