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
  log.close();
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

it("writes members that come as JSON between the time and the message", () => {
  const talk = (log: ReturnType<typeof createLog>) => {
    log.writeMembers("info", "request", '"id":"7","status":200');
    log.writeMembers("debug", "request", '"id":"8"');
    log.writeMembers("warn", "nothing to add", "");
  };
  const lines = logged("info", talk);
  expect(lines).toEqual([
    { level: "info", time: expect.any(String) as string, id: "7", status: 200, msg: "request" },
    { level: "warn", time: expect.any(String) as string, msg: "nothing to add" },
  ]);
  expect(Object.keys(lines[0] as object)).toEqual(["level", "time", "id", "status", "msg"]);
  expect(logged("error", talk).length).toBe(0);
});

it("knows which levels it writes", () => {
  const levels = (["debug", "info", "warn", "error", "silent"] as const).map((level) => {
    const log = createLog({ level });
    log.close();
    return (["debug", "info", "warn", "error"] as const).filter((each) => log.writes(each));
  });
  expect(levels).toEqual([
    ["debug", "info", "warn", "error"],
    ["info", "warn", "error"],
    ["warn", "error"],
    ["error"],
    [],
  ]);
});

it("gives each line the time at which it was written, though the clock goes back", () => {
  const times = [1_700_000_000_000, 1_700_000_000_000, 1_700_000_000_001, 1_699_999_999_999];
  const log = createLog({ level: "info", fd: openSync(file, "w"), nowMs: () => times.shift() as number });
  for (let i = 0; i < 4; i++) log.info(`line ${i}`);
  log.close();
  const written = readFileSync(file, "utf8").trimEnd().split("\n");
  expect(written.map((line) => (JSON.parse(line) as { time: string }).time)).toEqual([
    "2023-11-14T22:13:20.000Z",
    "2023-11-14T22:13:20.000Z",
    "2023-11-14T22:13:20.001Z",
    "2023-11-14T22:13:19.999Z",
  ]);
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
