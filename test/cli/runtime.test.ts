import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const runtimeFile = join(root, "bin/runtime.cjs");
const { isSupported } = createRequire(import.meta.url)(runtimeFile) as { isSupported(version: string): boolean };

it.each(["22.22.0", "22.23.3", "24.0.0", "24.21.0", "26.10.0", "27.0.0"])("Node %s runs figway", (version) => {
  expect(isSupported(version)).toBe(true);
});

it.each(["12.22.12", "18.20.0", "20.20.2", "22.21.1", "23.11.0", "25.2.0"])("Node %s does not", (version) => {
  expect(isSupported(version)).toBe(false);
});

it("package.json's engines say the same as bin/figway", () => {
  const { engines } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { engines: { node: string } };
  expect(engines.node).toBe("^22.22 || ^24 || >=26");
});

it.each(["bin/figway", "bin/runtime.cjs", "tools/setup.cjs"])(
  "%s holds no syntax that an old Node cannot read",
  (file) => {
    const code = readFileSync(join(root, file), "utf8").replace(/\/\/.*$|\/\*[\s\S]*?\*\//gm, "");
    expect(code).not.toMatch(/=>|\?\.|\?\?|`|\b(?:const|let|class|async|await)\b/);
  },
);

it("a process that went on with another Node ends with its exit code", async () => {
  const child = runOn("process.exit(7)");
  expect(await once(child, "exit")).toEqual([7, null]);
});

it("signals reach the other Node, which decides how to end", async () => {
  const child = runOn('process.on("SIGTERM", () => process.exit(3)); setInterval(() => {}, 1000); console.log("up")');
  await firstLine(child);
  child.kill("SIGTERM");
  expect(await once(child, "exit")).toEqual([3, null]);
});

it("a Node that was ended by a signal is seen to have been", async () => {
  const child = runOn('console.log("up"); process.kill(process.pid, "SIGKILL")');
  expect(await once(child, "exit")).toEqual([null, "SIGKILL"]);
});

/** A process that goes on with this very Node, for `code`. */
function runOn(code: string): ChildProcess {
  const script = `require(${JSON.stringify(runtimeFile)}).runOn(process.execPath, ["-e", ${JSON.stringify(code)}])`;
  return spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
}

async function firstLine(child: ChildProcess): Promise<void> {
  if (child.stdout !== null) await once(createInterface({ input: child.stdout }), "line");
}
