import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, it } from "vitest";
import { createLog, type LogLevel } from "../../src/telemetry/log.ts";

const folder = mkdtempSync(join(tmpdir(), "figway-log-"));
const file = join(folder, "log");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

function logged(level: LogLevel, talk: (log: ReturnType<typeof createLog>) => void): Record<string, unknown>[] {
  const log = createLog({ level, fd: openSync(file, "w") });
  talk(log);
  log.flush();
  const lines = readFileSync(file, "utf8").split("\n");
  expect(lines.pop()).toBe("");
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

it("writes one line of JSON for each message, with its level, its time and its fields", () => {
  const [line, ...others] = logged("info", (log) => {
    log.debug("not this one");
    log.warn("a thing\nhappened", { route: "orders", flag: undefined, failure: { phase: "connect" } });
  });
  expect(others).toEqual([]);
  expect(line).toEqual({
    level: "warn",
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/) as string,
    route: "orders",
    failure: { phase: "connect" },
    msg: "a thing\nhappened",
  });
});

it("never writes a credential, at whatever depth somebody put it", () => {
  const lines = logged("info", (log) => {
    log.info("on top", { cookie: "hush", user: "u1" });
    log.info("below", { request: { headers: { authorization: "hush", "set-cookie": ["hush"] } } });
  });
  expect(JSON.stringify(lines)).not.toContain("hush");
  expect(lines[0]).toMatchObject({ cookie: "[redacted]", user: "u1" });
  expect(lines[1]).toMatchObject({ request: { headers: { authorization: "[redacted]", "set-cookie": "[redacted]" } } });
});

it("survives what cannot be written as JSON", () => {
  const circle: Record<string, unknown> = {};
  circle["itself"] = circle;
  const lines = logged("info", (log) => {
    log.info("a number", { big: 1n });
    log.info("a circle", circle);
  });
  expect(lines.map(({ msg }) => msg)).toEqual(["a number", "a circle"]);
});

it("writes a line within a moment, though nobody asks it to", async () => {
  const log = createLog({ level: "info", fd: openSync(file, "w") });
  log.info("alone");
  await expect.poll(() => readFileSync(file, "utf8")).toContain('"msg":"alone"');
  log.close();
});
