import { generateKeyPairSync } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calculateJwkThumbprint } from "jose";
import { afterAll, describe, expect, it } from "vitest";
import { createEnvironmentKeyStore } from "../../src/tokens/environment-key-store.ts";
import { serializeKeyFile } from "../../src/tokens/key-file.ts";
import { keyFile, testsReadOnlyKeyStore } from "../contracts/key-store.contract.ts";

const directory = mkdtempSync(join(tmpdir(), "figway-keys-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const path = join(directory, "brought-along.json");

describe("the contract of a read-only key store, with a path", () => {
  testsReadOnlyKeyStore(async () => {
    await writeFile(path, serializeKeyFile(keyFile(3, "ES256", "EdDSA")));
    return {
      openStore: () => createEnvironmentKeyStore(path),
      readRaw: () => readFile(path, "utf8"),
      corrupt: async () => writeFile(path, (await readFile(path, "utf8")).slice(0, -40)),
    };
  });
});

describe("the contract of a read-only key store, with JSON", () => {
  testsReadOnlyKeyStore(async () => {
    let value = serializeKeyFile(keyFile(3, "ES256"));
    return {
      openStore: () => createEnvironmentKeyStore(value),
      readRaw: () => Promise.resolve(value),
      corrupt: () => {
        value = value.replace('"kty": "EC"', '"kty": "RSA"');
        return Promise.resolve();
      },
    };
  });
});

const bareKey = () => generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey.export({ format: "jwk" });

it("reads a bare JWK, a list and a key set as other tools write them, and names them by their thumbprint", async () => {
  const [first, second] = [bareKey(), bareKey()];
  const kids = await Promise.all([first, second].map((jwk) => calculateJwkThumbprint(jwk as { kty: string })));
  const load = async (value: unknown) => (await createEnvironmentKeyStore(JSON.stringify(value)).load())?.keys;
  expect((await load(first))?.map(({ kid }) => kid)).toEqual([kids[0]]);
  expect((await load([first, second]))?.map(({ kid }) => kid)).toEqual(kids);
  expect((await load({ keys: [{ ...second, kid: "mine", use: "sig" }] }))?.map(({ kid }) => kid)).toEqual(["mine"]);
});

it("picks up a file that was replaced", async () => {
  const replaced = join(directory, "mounted.json");
  await writeFile(replaced, serializeKeyFile(keyFile(0, "ES256")));
  const store = createEnvironmentKeyStore(replaced);
  await store.load();
  const next = keyFile(0, "EdDSA");
  await writeFile(replaced, serializeKeyFile(next));
  expect(await store.load()).toEqual(next);
});

it.each([
  ["a file that is not there", join(directory, "missing.json"), /missing\.json/],
  ["a public key", JSON.stringify({ ...bareKey(), d: undefined }), /keys\.0\.d/],
  ["halves of two keys", JSON.stringify({ ...bareKey(), d: bareKey().d }), /does not fit/],
  ["a point off the curve", JSON.stringify({ ...bareKey(), x: "A".repeat(43) }), /does not fit/],
  ["an RSA key", JSON.stringify({ kty: "RSA", crv: "P-256", x: "A".repeat(43), d: "A".repeat(43) }), /neither/],
  ["no key at all", JSON.stringify({ keys: [] }), /look at keys/],
  ["something else than JSON", "{ keys", /not JSON/],
])("refuses %s and names the place", async (_name, value, message) => {
  await expect(createEnvironmentKeyStore(value).load()).rejects.toThrow(message);
});

it("refuses two keys of one name", async () => {
  const value = JSON.stringify([bareKey(), bareKey()].map((jwk) => ({ ...jwk, kid: "same" })));
  await expect(createEnvironmentKeyStore(value).load()).rejects.toThrow(/two keys with one kid/);
});
