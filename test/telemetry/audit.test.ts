import { appendFileSync, mkdtempSync, rmSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type AuditTrail, createAuditTrail } from "../../src/telemetry/audit.ts";
import { createLog } from "../../src/telemetry/log.ts";

let directory: string;
let trail: AuditTrail;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "figway-audit-"));
  trail = createAuditTrail({ file: file(), log: createLog({ level: "silent" }), nowMs: () => 1_000 });
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

const file = (): string => join(directory, "state", "audit.jsonl");
const entry = (target: string) =>
  ({ actor: "alice", action: "flag-changed", target, before: "off", after: "on", why: undefined }) as const;

it("what was recorded is shown, the newest first", () => {
  expect(trail.recent(10)).toEqual([]);
  for (const target of ["a", "b", "c"]) trail.record(entry(target));
  expect(trail.recent(2).map(({ target, at }) => [target, at])).toEqual([
    ["c", "1970-01-01T00:00:01.000Z"],
    ["b", "1970-01-01T00:00:01.000Z"],
  ]);
});

it("a line cut short hides no other", () => {
  trail.record(entry("a"));
  appendFileSync(file(), '{"at": "2026-\n');
  trail.record(entry("b"));
  expect(trail.recent(10).map(({ target }) => target)).toEqual(["b", "a"]);
});

it("of a trail too large to be read whole, the end is shown", () => {
  trail.record(entry("a"));
  // A hole: it takes no room, but nobody could read three gigabytes into one buffer.
  truncateSync(file(), 3 * 2 ** 30);
  appendFileSync(file(), "\n");
  trail.record(entry("last"));
  expect(trail.recent(100).map(({ target }) => target)).toEqual(["last"]);
});
