import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { createFileKeyStore } from "../../src/tokens/file-key-store.ts";
import { keyFile, testsKeyStore } from "../contracts/key-store.contract.ts";

const directory = mkdtempSync(join(tmpdir(), "figway-keys-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
let count = 0;
const freshPath = () => join(directory, `${count++}`, "state", "keys.json");

describe("the contract of a key store", () => {
  testsKeyStore(async () => {
    const path = freshPath();
    return {
      openStore: () => createFileKeyStore(path),
      readRaw: () => readFile(path, "utf8").catch(() => undefined),
      corrupt: async () => writeFile(path, (await readFile(path, "utf8")).replace(/"d": "...../, '"d": "AAAAA')),
    };
  });
});

it("keeps the file and its folder from everybody else, and leaves no draft behind", async () => {
  const path = freshPath();
  const store = createFileKeyStore(path);
  const first = keyFile(1, "ES256");
  await store.save(first, undefined);
  chmodSync(path, 0o644);
  await store.save(keyFile(2, "ES256"), first);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  expect(statSync(resolve(path, "..")).mode & 0o777).toBe(0o700);
  expect(readdirSync(resolve(path, ".."))).toEqual(["keys.json"]);
});

it("takes over the lock of a process that died, but waits for one that lives", async () => {
  const path = freshPath();
  const store = createFileKeyStore(path);
  const first = keyFile(1, "ES256");
  await store.save(first, undefined);
  writeFileSync(`${path}.lock`, "");
  let saved = false;
  const saving = store.save(keyFile(2, "ES256"), first).then((result) => {
    saved = true;
    return result;
  });
  // Another whole save of the same kind passes meanwhile, so the first one had its chance.
  await createFileKeyStore(freshPath()).save(keyFile(1, "ES256"), undefined);
  expect(saved).toBe(false);
  utimesSync(`${path}.lock`, 0, 0);
  expect(await saving).toBe("saved");
});

it("says that the place cannot be written, naming it", async () => {
  writeFileSync(join(directory, "a-file"), "");
  const store = createFileKeyStore(join(directory, "a-file", "keys.json"));
  await expect(store.save(keyFile(1, "ES256"), undefined)).rejects.toMatchObject({
    code: "unavailable",
    message: expect.stringContaining("a-file/keys.json"),
  });
});

it("processes that start together end up with one and the same key", async () => {
  const path = freshPath();
  const script = `
    const { createFileKeyStore } = await import("${resolve("src/tokens/file-key-store.ts")}");
    const { ensureKeys } = await import("${resolve("src/tokens/rotate-keys.ts")}");
    const store = createFileKeyStore(${JSON.stringify(path)});
    await new Promise((go) => process.stdin.once("data", go));
    const file = await ensureKeys(store, { nowMs: Date.now(), algorithm: "ES256" });
    console.log(file.keys.map((key) => key.kid).join());
    process.exit();`;
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ["--input-type=module-typescript", "-e", `console.log("ready");${script}`], {
      stdio: ["pipe", "pipe", "inherit"],
    }),
  );
  const outputs = children.map((child) => ({ child, text: "" }));
  for (const output of outputs) output.child.stdout.on("data", (chunk) => (output.text += String(chunk)));
  await Promise.all(outputs.map(({ child }) => once(child.stdout, "data")));
  for (const { child } of outputs) child.stdin.write("go\n");
  await Promise.all(outputs.map(({ child }) => once(child, "close")));
  const kids = outputs.map(({ text }) => text.trim().split("\n").at(-1));
  expect(new Set(kids).size).toBe(1);
  expect(kids[0]).toBe((await createFileKeyStore(path).load())?.keys[0]?.kid);
});
