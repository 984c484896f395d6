import { readdirSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, it } from "vitest";

const SRC = resolve(import.meta.dirname, "../../src");

it("a modern service gets nothing but jose and node's own modules with figway/verify", () => {
  const files = ["verify.ts", ...readdirSync(join(SRC, "verify")).map((name) => `verify/${name}`)];
  const foreign = files.flatMap((file) => {
    const text = readFileSync(join(SRC, file), "utf8");
    const imports = [...text.matchAll(/^(import type|import|export)[^;]*? from "([^"]+)"/gms)];
    return imports
      .map(([, kind, target]) => ({ kind, target: target as string }))
      .filter(({ kind, target }) => {
        if (target === "jose" || target.startsWith("node:")) return false;
        if (kind === "import type" && target.startsWith("../model/")) return false;
        return !/^\.\/(?:verify\/)?[a-z-]+\.ts$/.test(target);
      })
      .map(({ target }) => `${file} → ${target}`);
  });
  expect(foreign).toEqual([]);
});
