import { mkdtempSync, rmSync, unlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { type LoadResult, loadConfig } from "../../src/config/load-config.ts";
import { watchConfig } from "../../src/config/watch-config.ts";

const configText = (flag: string): string =>
  JSON.stringify({
    upstreams: { legacy: { url: "http://127.0.0.1:4000" }, modern: { url: "http://127.0.0.1:5000" } },
    identity: { session: { kind: "none" } },
    routes: [{ id: "orders", path: "/orders/*", flag }],
  });

let folder: string;
let file: string;
let results: LoadResult[];
let watcher: { close(): void };

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "figway-watch-"));
  file = join(folder, "routes.json");
  writeFileSync(file, configText("first"));
  results = [];
});

afterEach(() => {
  watcher.close();
  rmSync(folder, { recursive: true });
});

function start(change?: string): void {
  const loaded = loadConfig({ file, environment: {} });
  if (change !== undefined) writeFileSync(file, change);
  const digest = loaded.ok ? loaded.digest : "";
  watcher = watchConfig({
    file,
    environment: {},
    digest,
    onChange: (result) => results.push(result),
    debounceMs: 10,
    pollMs: 50,
  });
}

const soon = { timeout: 10_000 };

const flagOf = (result: LoadResult | undefined): string | undefined =>
  result?.ok === true ? result.config.routes[0]?.flag : undefined;

it("hands over each new configuration, and what is wrong with a bad one", async () => {
  start();
  writeFileSync(file, configText("second"));
  await vi.waitFor(() => expect(results.map(flagOf)).toEqual(["second"]), soon);
  writeFileSync(file, "{");
  await vi.waitFor(() => expect(results.at(-1)).toMatchObject({ ok: false, problems: [{ line: 1 }] }), soon);
  writeFileSync(file, configText("third"));
  await vi.waitFor(() => expect(flagOf(results.at(-1))).toBe("third"), soon);
});

it("does not miss what was changed between loading and watching", async () => {
  start(configText("meanwhile"));
  await vi.waitFor(() => expect(results.map(flagOf)).toEqual(["meanwhile"]), soon);
});

it("says that the file has gone, once", async () => {
  start();
  unlinkSync(file);
  await vi.waitFor(
    () => expect(results).toMatchObject([{ ok: false, problems: [{ message: `There is no file ${file}.` }] }]),
    soon,
  );
});
