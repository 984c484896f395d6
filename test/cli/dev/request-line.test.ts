import { expect, it } from "vitest";
import { devLogLine } from "../../../src/cli/dev/dev-log.ts";
import { readableLogLine } from "../../../src/cli/dev/request-line.ts";

const plain = (_style: unknown, text: string) => text;

function shown(line: Record<string, unknown>): string {
  return devLogLine("figway", readableLogLine(JSON.stringify(line), plain), plain);
}

it("the problems of a refused file stand below the message, each on a line of its own with place and remedy", () => {
  const problems = [
    { path: "", message: "It ends too soon.", remedy: "Look there.", severity: "error", line: 1, column: 15 },
    { path: "routes[0].flagg", message: "`flagg` is not a known key.", remedy: "Did you mean `flag`?" },
    "line 1: Not JSON.",
  ];
  expect(shown({ level: "error", time: "now", file: "routes.json", problems, msg: "refused" })).toBe(
    [
      "figway   │ error: refused file=routes.json",
      "figway   │   1:15: It ends too soon. Look there.",
      "figway   │   routes[0].flagg: `flagg` is not a known key. Did you mean `flag`?",
      "figway   │   line 1: Not JSON.",
      "",
    ].join("\n"),
  );
});

it("the record of a refused file does not repeat what was wrong with it", () => {
  const audit = { msg: "audit", action: "config-refused", target: "routes.json", before: "a", after: "a", why: "all" };
  expect(shown({ level: "info", ...audit })).toBe("figway   │ config-refused routes.json\n");
});
