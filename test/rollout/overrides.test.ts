import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { Override } from "../../src/model/override.ts";
import { createOverrides } from "../../src/rollout/overrides.ts";

const stop: Override = { routeId: "orders", side: "legacy", actor: "olga", why: "errors", at: "2026-11-21T10:00:00Z" };
const file = () => join(mkdtempSync(join(tmpdir(), "figway-overrides-")), "state", "overrides.json");

it("an override outlives a restart until it is cleared", () => {
  const path = file();
  createOverrides(path).set(stop);
  const restarted = createOverrides(path);
  expect(restarted.get("orders")).toEqual(stop);
  expect(restarted.clear("orders")).toBe(true);
  expect(restarted.clear("orders")).toBe(false);
  expect(createOverrides(path).list()).toEqual([]);
});

it("a file that cannot be read at the start is an error, not an empty list", () => {
  const path = file();
  createOverrides(path).set(stop);
  writeFileSync(path, "[{");
  expect(() => createOverrides(path)).toThrow("mend it, or delete it");
});

it("what another process set is seen after a reload, and a broken file changes nothing", () => {
  const path = file();
  const overrides = createOverrides(path);
  createOverrides(path).set(stop);
  expect(overrides.reload()).toBe("changed");
  expect(overrides.get("orders")).toEqual(stop);
  writeFileSync(path, "[{");
  expect(overrides.reload()).toBe("unreadable");
  expect(overrides.get("orders")).toEqual(stop);
});
