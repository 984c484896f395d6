import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { cpuTimeUs, psTimeUs, residentBytes, ticksOf } from "../../../bench/measure/process-cpu.ts";

const NAMED_AWKWARDLY = "4711 (a) b (c) S 1 4711 4711 0 -1 4194304 1 2 3 4 100 20 3 4 20 0 11 0 1 2 3";

it("reads a process's times from /proc though its name holds spaces and brackets", () => {
  expect(ticksOf(NAMED_AWKWARDLY)).toBe(127);
  expect(ticksOf("")).toBe(0);
});

it("reads the times that ps writes", () => {
  expect(psTimeUs("0:01.50")).toBe(1_500_000);
  expect(psTimeUs("1-02:03:04")).toBe(93_784_000_000);
});

it("counts the work of a process's child as its own", async () => {
  const busyChild = 'while (process.cpuUsage().user < 300000); console.log("done"); setTimeout(() => {}, 60000);';
  const script = `const { spawn } = require("node:child_process");
    const child = spawn(process.execPath, ["-e", ${JSON.stringify(busyChild)}], { stdio: ["ignore", "inherit", "ignore"] });
    process.on("SIGTERM", () => { child.kill("SIGKILL"); process.exit(); });
    setTimeout(() => {}, 60000);`;
  const parent = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await once(parent.stdout, "data");
    expect(cpuTimeUs([parent.pid as number])).toBeGreaterThan(100_000);
    expect(residentBytes([parent.pid as number])).toBeGreaterThan(40 * 1024 * 1024);
  } finally {
    parent.kill("SIGTERM");
    await once(parent, "exit");
  }
});

it("counts a process that is gone as nothing", () => {
  expect(cpuTimeUs([2 ** 22 + 1])).toBe(0);
});
