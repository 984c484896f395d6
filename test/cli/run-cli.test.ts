import { expect, it } from "vitest";
import { figway } from "./command-line.ts";

it("--help says what there is, with examples, and is no error", async () => {
  const { code, out } = await figway(["--help"]);
  expect(code).toBe(0);
  for (const command of ["start", "dev", "init", "check", "routes", "explain", "flag", "rollback", "status", "keys"]) {
    expect(out).toMatch(new RegExp(`^  ${command}\\b`, "m"));
  }
  expect(out).toContain("figway explain GET /orders/7 --as alice");
});

it("each command's help has the options that all commands share", async () => {
  const { code, out } = await figway(["flag", "--help"]);
  expect(code).toBe(0);
  expect(out).toContain("--json");
  expect(out).toContain("--config <file>");
  expect(out).toContain("figway flag orders-modern 25%");
});

it("--version prints the version alone", async () => {
  expect(await figway(["--version"])).toEqual({ code: 0, out: "1.2.3\n", error: "" });
});

it("a misspelt command is wrong usage, and the nearest one is suggested", async () => {
  const { code, error } = await figway(["statsu"]);
  expect(code).toBe(2);
  expect(error).toContain("Did you mean status?");
});

it.each([
  ["a percentage beyond 100", ["flag", "x", "101%"]],
  ["a fraction of a percent", ["flag", "x", "2.5%"]],
  ["a word that is no value", ["flag", "x", "maybe"]],
  ["an unknown option", ["status", "--jsno"]],
  ["a missing argument", ["explain", "GET"]],
  ["a path without a slash", ["explain", "GET", "orders"]],
  ["a header without a colon", ["explain", "GET", "/", "--header", "nonsense"]],
  ["both a route and --all", ["rollback", "orders", "--all"]],
  ["neither a route nor --all", ["rollback"]],
  ["no command at all", []],
])("%s is wrong usage: exit code 2, and nothing on standard output", async (_what, args) => {
  const { code, out, error } = await figway(args);
  expect({ code, out }).toEqual({ code: 2, out: "" });
  expect(error).not.toBe("");
});
