import { mkdtempSync, renameSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { watchFile } from "../../src/config/watch-file.ts";

let folder: string;
let path: string;
let seen: string[];
let unreadable: (string | undefined)[];
let watcher: { close(): void } | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "figway-watch-"));
  path = join(folder, "flags.json");
  writeFileSync(path, "one");
  seen = [];
  unreadable = [];
});

afterEach(() => {
  watcher?.close();
  rmSync(folder, { recursive: true });
});

function start(options: { pollMs?: number; knownText?: string } = {}): void {
  watcher = watchFile({
    path,
    onChange: (text) => seen.push(text),
    onUnreadable: ({ code }) => unreadable.push(code),
    debounceMs: 10,
    pollMs: 50,
    ...options,
  });
}

const soon = { timeout: 10_000, interval: 5 };

it("reports a file that is written in place", async () => {
  start();
  writeFileSync(path, "two");
  await vi.waitFor(() => expect(seen).toEqual(["two"]), soon);
});

it("sees an event of the folder long before the next look", async () => {
  start({ pollMs: 60_000 });
  writeFileSync(path, "two");
  await vi.waitFor(() => expect(seen).toEqual(["two"]), soon);
});

it("reports a file that is replaced by an atomic rename, twice in a row", async () => {
  start();
  for (const text of ["two", "three"]) {
    writeFileSync(`${path}.tmp`, text);
    renameSync(`${path}.tmp`, path);
    await vi.waitFor(() => expect(seen.at(-1)).toBe(text), soon);
  }
  expect(seen).toEqual(["two", "three"]);
});

it("says nothing when the file is written anew with the same text", async () => {
  start();
  writeFileSync(path, "one");
  writeFileSync(`${path}.tmp`, "one");
  renameSync(`${path}.tmp`, path);
  writeFileSync(join(folder, "other.json"), "x");
  writeFileSync(path, "two");
  await vi.waitFor(() => expect(seen).toEqual(["two"]), soon);
});

it("reports a file that has gone once, and its return", async () => {
  start();
  unlinkSync(path);
  await vi.waitFor(() => expect(unreadable).toEqual(["ENOENT"]), soon);
  writeFileSync(path, "one");
  await vi.waitFor(() => expect(seen).toEqual(["one"]), soon);
  expect(unreadable).toEqual(["ENOENT"]);
});

it("does not report an editor that deletes the file and writes it anew", async () => {
  start();
  unlinkSync(path);
  writeFileSync(path, "two");
  await vi.waitFor(() => expect(seen).toEqual(["two"]), soon);
  expect(unreadable).toEqual([]);
});

it("follows a link that is turned to another file, which the folder of the link does not report", async () => {
  const data = join(folder, "data");
  const other = mkdtempSync(join(tmpdir(), "figway-watch-"));
  try {
    writeFileSync(join(other, "a"), "two");
    writeFileSync(join(other, "b"), "three");
    symlinkSync(join(other, "a"), data);
    unlinkSync(path);
    symlinkSync(data, path);
    start();
    symlinkSync(join(other, "b"), `${data}.tmp`);
    renameSync(`${data}.tmp`, data);
    await vi.waitFor(() => expect(seen).toEqual(["three"]), soon);
  } finally {
    rmSync(other, { recursive: true });
  }
});

it("reports at once what was changed after the caller read the file", async () => {
  start({ knownText: "zero" });
  await vi.waitFor(() => expect(seen).toEqual(["one"]), soon);
});

it("says nothing more after it was closed", async () => {
  start();
  watcher?.close();
  writeFileSync(path, "two");
  const second: string[] = [];
  watcher = watchFile({ path, onChange: (text) => second.push(text), debounceMs: 10, pollMs: 50 });
  writeFileSync(path, "three");
  await vi.waitFor(() => expect(second).toEqual(["three"]), soon);
  expect(seen).toEqual([]);
});
