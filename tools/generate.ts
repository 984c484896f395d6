/**
 * `npm run generate` writes what is made from src/config/schema.ts: routes.schema.json and docs/configuration.md.
 * With `--check` it writes nothing, names the files that are stale, and exits with 1 if there are any.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { configurationDocs } from "./generate/configuration-docs.ts";
import { publishedSchema } from "./generate/published-schema.ts";

const ROOT = resolve(import.meta.dirname, "..");

const files: Readonly<Record<string, () => string>> = {
  "routes.schema.json": () => formatted("routes.schema.json", JSON.stringify(publishedSchema())),
  "docs/configuration.md": configurationDocs,
};

/** As `npm run format:check` wants it. */
function formatted(name: string, text: string): string {
  const biome = join(ROOT, "node_modules/@biomejs/biome/bin/biome");
  return execFileSync(process.execPath, [biome, "format", `--stdin-file-path=${name}`], {
    input: text,
    cwd: ROOT,
    encoding: "utf8",
  });
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
}

const isCheck = process.argv.includes("--check");
const stale = Object.entries(files)
  .map(([name, make]) => ({ name, path: join(ROOT, name), text: make() }))
  .filter(({ path, text }) => read(path) !== text);

for (const { name, path, text } of stale) {
  if (isCheck) {
    console.error(`${name} is stale: run \`npm run generate\` and commit it.`);
  } else {
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, text);
    console.log(`Wrote ${name}.`);
  }
}
if (isCheck && stale.length > 0) process.exitCode = 1;
