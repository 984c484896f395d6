import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";

const FOLDER = import.meta.dirname;
const DOCUMENT = readFileSync(join(FOLDER, "../../../docs/security-model.md"), "utf8");

/** Traps about rollouts, which have no line on this page. */
const ELSEWHERE = [21, 22, 23];

/** The lines of the table: trap, and the files that keep it. */
const LINES = DOCUMENT.split("\n")
  .map((line) => /^\| (\d+) \|.*\|([^|]*)\|$/.exec(line))
  .filter((match) => match !== null)
  .map(([, trap, keepers = ""]) => ({
    trap: Number(trap),
    files: [...keepers.matchAll(/\(\.\.\/test\/scenarios\/traps\/([^)]+)\)/g)].map(([, file = ""]) => file),
  }));

const FILES = readdirSync(FOLDER).filter((name) => /^\d+-.*\.test\.ts$/.test(name));

/** The traps that a scenario file says it is about: the number in its name, and those in its title. */
function trapsOf(file: string): number[] {
  const title = /"traps? ([\d, to]+(?:and \d+)?):/.exec(readFileSync(join(FOLDER, file), "utf8"))?.[1] ?? "";
  const range = /^(\d+) to (\d+)$/.exec(title);
  const listed =
    range === null ? [...title.matchAll(/\d+/g)].map(Number) : numbersFrom(Number(range[1]), Number(range[2]));
  return [...new Set([Number.parseInt(file, 10), ...listed])];
}

function numbersFrom(first: number, last: number): number[] {
  return Array.from({ length: last - first + 1 }, (_, i) => first + i);
}

it("every trap has a line in docs/security-model.md, once", () => {
  const expected = numbersFrom(1, 34).filter((trap) => !ELSEWHERE.includes(trap));
  expect(LINES.map(({ trap }) => trap)).toEqual(expected);
});

it("every line names scenarios that exist and say that they are about that trap", () => {
  for (const { trap, files } of LINES) {
    expect([trap, files.length > 0]).toEqual([trap, true]);
    for (const file of files) {
      expect(FILES).toContain(file);
      expect([file, trapsOf(file)]).toEqual([file, expect.arrayContaining([trap])]);
    }
  }
});

it("every scenario has its lines", () => {
  for (const file of FILES) {
    for (const trap of trapsOf(file)) {
      const line = LINES.find((candidate) => candidate.trap === trap);
      expect([file, trap, line?.files]).toEqual([file, trap, expect.arrayContaining([file])]);
    }
  }
});
