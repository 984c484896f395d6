import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { expect, it } from "vitest";

const root = resolve(import.meta.dirname, "../..");
const documents = readdirSync(join(root, "docs"))
  .filter((name) => name.endsWith(".md"))
  .map((name) => `docs/${name}`);

function linksOf(file: string): string[] {
  const text = readFileSync(join(root, file), "utf8");
  return [...text.matchAll(/\]\(([^)#\s]+)/g)]
    .map((match) => match[1] as string)
    .filter((target) => !target.includes("://"))
    .map((target) => join(dirname(file), target));
}

it("the README leads to every document", () => {
  expect(linksOf("README.md")).toEqual(expect.arrayContaining(documents));
});

it("no document links to a file that is not there", () => {
  const links = ["README.md", "CONTRIBUTING.md", ...documents].flatMap(linksOf);
  expect(links.length).toBeGreaterThan(30);
  expect(links.filter((target) => !existsSync(join(root, target)))).toEqual([]);
});
