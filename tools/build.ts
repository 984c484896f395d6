/** Builds what is published: JavaScript and declarations in dist/, then looks whether the result runs and is complete. */
import { execFileSync } from "node:child_process";
import { cpSync, existsSync, readFileSync, rmSync } from "node:fs";
import { join, resolve } from "node:path";

const root = resolve(import.meta.dirname, "..");

interface PackageJson {
  readonly version: string;
  readonly exports: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
}

const { version, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as PackageJson;

function run(args: readonly string[]): string {
  return execFileSync(process.execPath, args, { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "inherit"] });
}

function fail(sentence: string): never {
  console.error(`build: ${sentence}`);
  process.exit(1);
}

rmSync(join(root, "dist"), { recursive: true, force: true });
try {
  run([join(root, "node_modules/typescript/bin/tsc"), "-p", "tsconfig.build.json"]);
} catch (error) {
  const { stdout } = error as { stdout?: string };
  fail(`the sources do not compile:\n${stdout ?? String(error)}`);
}

// The dashboard's page, script and style: files that no compiler makes.
const assets = "admin/dashboard/assets";
cpSync(join(root, "src", assets), join(root, "dist", assets), {
  recursive: true,
  filter: (file) => !file.endsWith("tsconfig.json"),
});

const answer = run([join(root, "dist/cli.js"), "--version"]).trim();
if (answer !== version) fail(`dist/cli.js --version says "${answer}" instead of "${version}".`);

const targets = Object.values(exports).flatMap((target) =>
  typeof target === "string" ? [target] : Object.values(target),
);
const missing = targets.filter((target) => !existsSync(join(root, target)));
if (missing.length > 0) fail(`package.json exports files that are not there: ${missing.join(", ")}.`);

console.log(`build: dist/ holds figway ${version}`);
