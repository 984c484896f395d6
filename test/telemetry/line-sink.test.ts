import { spawn } from "node:child_process";
import { mkdtempSync, openSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, expect, it } from "vitest";
import { createLineSink } from "../../src/telemetry/line-sink.ts";

const folder = mkdtempSync(join(tmpdir(), "figway-sink-"));
const file = join(folder, "lines");
afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("writes every line once and in order, whatever its length and its script", async () => {
  const sink = createLineSink(openSync(file, "w"));
  const lines = Array.from(
    { length: 3_000 },
    (_, i) => `${i} ${"häß€𝄞".repeat(i % 40)}${"x".repeat(i % 500 === 0 ? 200_000 : 0)}\n`,
  );
  for (const line of lines) sink.write(line);
  const all = lines.join("");
  await expect.poll(() => readFileSync(file).length).toBe(Buffer.byteLength(all));
  expect(readFileSync(file, "utf8")).toBe(all);
  sink.close();
});

it("the lines of several writers to one pipe are not torn, though they take more octets than characters", async () => {
  const module = JSON.stringify(join(import.meta.dirname, "../../src/telemetry/line-sink.ts"));
  // Each says that it is there, waits until its standard input ends, and writes.
  const writer = (mark: string) =>
    `import { createLineSink } from ${module}; const sink = createLineSink(1, "several"); process.stderr.write("!");` +
    `for await (const _ of process.stdin); for (let i = 0; i < 8000; i++) sink.write("${mark}".repeat(50 + (i % 200)) + "\\n");`;
  const start = (mark: string) => `"$0" --input-type=module -e '${writer(mark)}' <&3 &`;
  // A reader of a few octets at a time keeps the pipe full, so that both wait in the middle of what they write.
  const script = `exec 3<&0; (${start("€")} ${start("ß")} wait) | dd bs=500 2>/dev/null`;
  const child = spawn("sh", ["-c", script, process.execPath], { stdio: ["pipe", "pipe", "pipe"] });
  let there = "";
  child.stderr.on("data", (said: Buffer) => {
    there += said.toString();
    if (there === "!!") child.stdin.end();
  });
  const lines = (await text(child.stdout)).split("\n");
  expect(there).toBe("!!");
  expect(lines.pop()).toBe("");
  expect(lines.length).toBe(16_000);
  expect(lines.filter((line) => !/^(€+|ß+)$/.test(line))).toEqual([]);
});

it("writes what is left when it is closed", () => {
  const sink = createLineSink(openSync(file, "w"));
  sink.write("the last line\n");
  sink.close();
  expect(readFileSync(file, "utf8")).toBe("the last line\n");
});

it("writes what is left when the process ends without closing it", async () => {
  const module = JSON.stringify(join(import.meta.dirname, "../../src/telemetry/line-sink.ts"));
  const script = `import { createLineSink } from ${module}; createLineSink(1).write("ended\\n"); process.exit(0);`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  expect(await text(child.stdout)).toBe("ended\n");
});

it("goes on where nothing can be written any more", () => {
  const readOnly = openSync(file, "r");
  const sink = createLineSink(readOnly);
  for (let i = 0; i < 1_000; i += 1) sink.write(`${"y".repeat(500)}\n`);
  expect(() => sink.close()).not.toThrow();
});
