import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../src");

/** Layers from the bottom up. A file may import from layers below its own, and from its own folder. */
const LAYERS: readonly (readonly string[])[] = [
  ["model"],
  ["config", "telemetry"],
  ["routing", "flags", "identity", "tokens", "transport", "guard", "rollout", "verify", "limits", "workers"],
  ["pipeline"],
  ["admin", "cli"],
  ["."],
];

/** Layers whose folders may use each other's files: `config` logs nothing, but `admin` and `cli` are strangers as well. */
function layerOf(folder: string): number {
  const layer = LAYERS.findIndex((folders) => folders.includes(folder));
  if (layer === -1)
    throw new Error(`src/${folder} stands in no layer: add it to test/architecture.test.ts and to DESIGN`);
  return layer;
}

function sourceFiles(directory: string): string[] {
  return readdirSync(directory).flatMap((name) => {
    const path = join(directory, name);
    if (statSync(path).isDirectory()) return sourceFiles(path);
    return path.endsWith(".ts") ? [path] : [];
  });
}

function folderOf(path: string): string {
  const parts = relative(SRC, path).split("/");
  return parts.length === 1 ? "." : (parts[0] as string);
}

function importsOf(path: string): string[] {
  const text = readFileSync(path, "utf8");
  return [...text.matchAll(/(?:from|import\()\s*"(\.[^"]+)"/g)].map((match) =>
    resolve(dirname(path), match[1] as string),
  );
}

const files = sourceFiles(SRC);

it("imports point downwards only, and folders of one layer are strangers to each other", () => {
  const upward = files.flatMap((file) => {
    const from = folderOf(file);
    return importsOf(file)
      .filter((target) => target.startsWith(SRC))
      .filter((target) => folderOf(target) !== from && layerOf(folderOf(target)) >= layerOf(from))
      .map((target) => `${relative(SRC, file)} → ${relative(SRC, target)}`);
  });
  expect(upward).toEqual([]);
});

it("model imports nothing from outside its own folder", () => {
  const foreign = files
    .filter((file) => folderOf(file) === "model")
    .filter((file) => /from "(?!\.\/)/.test(readFileSync(file, "utf8")))
    .map((file) => relative(SRC, file));
  expect(foreign).toEqual([]);
});

it("no source file is longer than 300 lines", () => {
  const long = files
    .map((file) => ({ file: relative(SRC, file), lines: readFileSync(file, "utf8").split("\n").length - 1 }))
    .filter(({ lines }) => lines > 300);
  expect(long).toEqual([]);
});

it("the story of a request fits into 150 lines", () => {
  const story = readFileSync(join(SRC, "pipeline/handle-request.ts"), "utf8");
  expect(story.split("\n").length - 1).toBeLessThanOrEqual(150);
});

it("nothing is exported as default, and no file is a barrel", () => {
  const offending = files
    .filter((file) => /^export default|^export \* from/m.test(readFileSync(file, "utf8")))
    .map((file) => relative(SRC, file));
  expect(offending).toEqual([]);
});
