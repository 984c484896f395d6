import { execFileSync, spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseConfig } from "../../src/config/load-config.ts";
import { EXAMPLES } from "../../tools/generate/configuration-examples.ts";
import { publishedSchema } from "../../tools/generate/published-schema.ts";

const ROOT = join(import.meta.dirname, "../..");

it("every example of the reference loads without a warning", () => {
  const text = `{ ${Object.values(EXAMPLES).join(",\n")} }`;
  const environment = {
    SESSION_SECRET: "a",
    SESSION_SECRET_BEFORE: "b",
    REDIS_URL: "redis://127.0.0.1:6379",
    UNLEASH_TOKEN: "t",
  };
  expect(parseConfig(text, environment, { file: "example" })).toMatchObject({ ok: true, warnings: [] });
});

it("routes.schema.json and docs/configuration.md are what src/config/schema.ts makes of them", () => {
  const { status, stderr } = spawnSync(process.execPath, ["tools/generate.ts", "--check"], {
    cwd: ROOT,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

it("the published schema takes a reference to the environment wherever a value has a form", () => {
  const rejecting: string[] = [];
  const visit = (node: unknown, path: string): void => {
    if (typeof node !== "object" || node === null) return;
    const { type, format, pattern, anyOf, enum: choices } = node as Record<string, unknown>;
    const hasForm =
      type === "integer" || type === "number" || [format, pattern, choices].some((form) => form !== undefined);
    if (hasForm && anyOf === undefined && !/\.anyOf\.\d+$|propertyNames|fromEnvironment/.test(path))
      rejecting.push(path);
    for (const [name, member] of Object.entries(node)) visit(member, `${path}.${name}`);
  };
  visit(publishedSchema(), "");
  expect(rejecting).toEqual([]);
});

it("the demo's routes.json points its editor at the schema", () => {
  const text = execFileSync("cat", ["routes.json"], { cwd: ROOT, encoding: "utf8" });
  expect(JSON.parse(text)).toMatchObject({ $schema: "./routes.schema.json" });
});
