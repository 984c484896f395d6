import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowser } from "../doubles/browser.ts";
import { eventually, type Shop, startShop } from "../doubles/start-shop.ts";

let shop: Shop;
let file: string;
beforeAll(async () => {
  shop = await startShop();
  file = join(shop.directory, "routes.json");
});
afterAll(() => shop.stop());

interface Status {
  readonly config: {
    readonly digest: string;
    readonly lastReloadProblems: readonly { path: string; message: string }[];
  };
}

async function status(): Promise<Status> {
  return (await (await fetch(`${shop.adminUrl}/api/status`)).json()) as Status;
}

function change(edit: (config: { routes: Record<string, unknown>[] }) => void): string {
  const before = readFileSync(file, "utf8");
  const config = JSON.parse(before) as { routes: Record<string, unknown>[] };
  edit(config);
  writeFileSync(`${file}.tmp`, JSON.stringify(config));
  renameSync(`${file}.tmp`, file);
  return before;
}

async function adminStatus(): Promise<number> {
  const dave = openBrowser(shop.url);
  await dave.login("dave");
  return (await dave.get("/admin")).status;
}

it("a changed route takes effect without a restart, and no request fails meanwhile", async () => {
  const statuses = new Set<number>();
  const traffic = new AbortController();
  const done = (async () => {
    while (!traffic.signal.aborted) statuses.add((await fetch(`${shop.url}/catalog`)).status);
  })();
  const before = change(({ routes }) =>
    routes.push({ id: "moved", path: "/api/me/*", flag: "me-modern", auth: "required" }),
  );
  await eventually(async () => {
    const { routes } = (await (await fetch(`${shop.adminUrl}/api/routes`)).json()) as { routes: { id: string }[] };
    expect(routes.map(({ id }) => id)).toContain("moved");
  });
  writeFileSync(file, before);
  await eventually(async () => expect((await status()).config.lastReloadProblems).toEqual([]));
  traffic.abort();
  await done;
  expect([...statuses]).toEqual([200]);
});

it("a broken file is reported, changes nothing, and is forgotten once it is mended", async () => {
  const { digest } = (await status()).config;
  const good = readFileSync(file, "utf8");
  writeFileSync(file, good.replace('"orders-modern"', "orders-modern"));
  await eventually(async () => expect((await status()).config.lastReloadProblems).not.toEqual([]));
  expect((await status()).config.digest).toBe(digest);
  expect(await adminStatus()).toBe(200);
  writeFileSync(file, good);
  await eventually(async () => expect((await status()).config.lastReloadProblems).toEqual([]));
});

it("a deleted file changes nothing, and is reported", async () => {
  const good = readFileSync(file, "utf8");
  rmSync(file);
  await eventually(async () => expect((await status()).config.lastReloadProblems).not.toEqual([]), 10_000);
  expect(await adminStatus()).toBe(200);
  writeFileSync(file, good);
  await eventually(async () => expect((await status()).config.lastReloadProblems).toEqual([]));
});
