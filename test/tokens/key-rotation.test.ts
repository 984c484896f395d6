import { mkdtempSync, rmSync } from "node:fs";
import { unlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { calculateJwkThumbprint } from "jose";
import { afterAll, afterEach, expect, it, vi } from "vitest";
import { createEnvironmentKeyStore } from "../../src/tokens/environment-key-store.ts";
import { createFileKeyStore } from "../../src/tokens/file-key-store.ts";
import { createJwksDocument } from "../../src/tokens/jwks-document.ts";
import { serializeKeyFile } from "../../src/tokens/key-file.ts";
import type { KeyStore } from "../../src/tokens/key-store.ts";
import { createKeyring, type Keyring, type KeyringOptions } from "../../src/tokens/keyring.ts";
import { listKeys } from "../../src/tokens/list-keys.ts";
import { openKeyStore } from "../../src/tokens/open-key-store.ts";
import { ensureKeys, rotateKeys } from "../../src/tokens/rotate-keys.ts";

const directory = mkdtempSync(join(tmpdir(), "figway-keys-"));
afterAll(() => rmSync(directory, { recursive: true, force: true }));
const open: Keyring[] = [];
afterEach(() => {
  for (const keyring of open.splice(0)) keyring.close();
});

let count = 0;
const freshPath = () => join(directory, `${count++}`, "keys.json");
const START_MS = Date.UTC(2026, 10, 1);
/** Verifier cache (10 minutes) and margin (2 minutes). */
const PUBLISH_MS = 720_000;
/** The longest life of a token (15 minutes), then cache and margin again. */
const RETIRE_MS = PUBLISH_MS + 900_000 + PUBLISH_MS;

function clockAt(nowMs: number): { nowMs: () => number; set: (ms: number) => void } {
  let present = nowMs;
  return {
    nowMs: () => present,
    set: (ms) => {
      present = ms;
    },
  };
}

async function keyringOn(store: KeyStore, options: Partial<KeyringOptions> = {}): Promise<Keyring> {
  const keyring = await createKeyring({
    store,
    clock: clockAt(START_MS),
    algorithm: "ES256",
    reloadIntervalMs: 0,
    ...options,
  });
  open.push(keyring);
  return keyring;
}

const kidsAt = (keyring: Keyring, nowMs: number) => keyring.published(nowMs).map(({ kid }) => kid);

it("makes the first key at the start and signs with it at once", async () => {
  const keyring = await keyringOn(createFileKeyStore(freshPath()));
  expect(kidsAt(keyring, START_MS)).toEqual([keyring.signer(START_MS).kid]);
});

it("names keys by their RFC 7638 thumbprint", async () => {
  for (const algorithm of ["ES256", "EdDSA"] as const) {
    const keyring = await keyringOn(createFileKeyStore(freshPath()), { algorithm });
    const [key] = keyring.published(START_MS);
    expect(key).toMatchObject({ alg: algorithm, use: "sig" });
    expect(key?.kid).toBe(await calculateJwkThumbprint(key as { kty: string }));
  }
});

it("publishes a new key before its first use, and the former one until its last token has died everywhere", async () => {
  const store = createFileKeyStore(freshPath());
  const keyring = await keyringOn(store);
  const former = keyring.signer(START_MS).kid;
  const rotated = await rotateKeys(store, { nowMs: START_MS, algorithm: "ES256" });
  await keyring.reload();
  const next = rotated.kind === "rotated" ? rotated.key.kid : undefined;
  const seen = [
    START_MS,
    START_MS + PUBLISH_MS - 1,
    START_MS + PUBLISH_MS,
    START_MS + RETIRE_MS - 1,
    START_MS + RETIRE_MS,
  ];
  expect(seen.map((nowMs) => [keyring.signer(nowMs).kid, kidsAt(keyring, nowMs)])).toEqual([
    [former, [next, former]],
    [former, [next, former]],
    [next, [next, former]],
    [next, [next, former]],
    [next, [next]],
  ]);
  // A clock that is set back finds the former signer again.
  expect(keyring.signer(START_MS).kid).toBe(former);
});

it("tells an operator what each key is doing, and nothing private", async () => {
  const store = createFileKeyStore(freshPath());
  await ensureKeys(store, { nowMs: START_MS, algorithm: "ES256" });
  const rotated = await rotateKeys(store, { nowMs: START_MS, algorithm: "ES256" });
  if (rotated.kind !== "rotated") throw new Error("a file can be rotated");
  const states = (nowMs: number) => listKeys(rotated.file, nowMs).map(({ state }) => state);
  expect(states(START_MS)).toEqual(["next", "signing"]);
  expect(states(START_MS + PUBLISH_MS)).toEqual(["signing", "verifying"]);
  expect(states(START_MS + RETIRE_MS)).toEqual(["signing", "retired"]);
  const listed = JSON.stringify(listKeys(rotated.file, START_MS));
  expect(listed).toContain(new Date(START_MS + PUBLISH_MS).toISOString());
  for (const key of rotated.file.keys) expect(listed).not.toContain(key.privateJwk.d);
});

it("withdraws every other key at once when one is compromised", async () => {
  const store = createFileKeyStore(freshPath());
  const keyring = await keyringOn(store);
  const leaked = keyring.signer(START_MS).kid;
  await rotateKeys(store, { nowMs: START_MS, algorithm: "ES256", mode: "compromised" });
  await keyring.reload();
  expect(kidsAt(keyring, START_MS)).toEqual([keyring.signer(START_MS).kid]);
  expect(kidsAt(keyring, START_MS)).not.toContain(leaked);
});

it("rotations that cross lose no key, and dead keys are cleared away", async () => {
  const path = freshPath();
  await ensureKeys(createFileKeyStore(path), { nowMs: START_MS, algorithm: "ES256" });
  const rotate = (nowMs: number) => rotateKeys(createFileKeyStore(path), { nowMs, algorithm: "ES256" });
  const crossing = await Promise.all([rotate(START_MS), rotate(START_MS), rotate(START_MS)]);
  const stored = (await createFileKeyStore(path).load())?.keys.map(({ kid }) => kid);
  expect(stored).toHaveLength(4);
  for (const result of crossing) expect(stored).toContain(result.kind === "rotated" ? result.key.kid : "none");
  await rotate(START_MS + 2 * RETIRE_MS);
  expect((await createFileKeyStore(path).load())?.keys).toHaveLength(2);
});

it("another replica signs with a rotated key without being told, and closing ends its looking", async () => {
  const path = freshPath();
  const clock = clockAt(START_MS);
  const replicas = await Promise.all(
    [1, 2].map(() => keyringOn(createFileKeyStore(path), { clock, reloadIntervalMs: 10 })),
  );
  const rotated = await rotateKeys(createFileKeyStore(path), { nowMs: START_MS, algorithm: "ES256" });
  await vi.waitFor(
    () => {
      for (const replica of replicas) expect(kidsAt(replica, START_MS)).toHaveLength(2);
    },
    { timeout: 10_000 },
  );
  clock.set(START_MS + PUBLISH_MS);
  const kids = replicas.map((replica) => replica.signer(clock.nowMs()).kid);
  expect(kids).toEqual(Array(2).fill(rotated.kind === "rotated" ? rotated.key.kid : undefined));
});

it("goes on with its keys when the store cannot be read, says so once, and recovers", async () => {
  const real = createFileKeyStore(freshPath());
  let broken = false;
  const store: KeyStore = { ...real, load: () => (broken ? Promise.reject(new Error("disk gone")) : real.load()) };
  const problems: (string | undefined)[] = [];
  const keyring = await keyringOn(store, { onProblem: (problem) => problems.push(problem?.message) });
  const { kid } = keyring.signer(START_MS);
  broken = true;
  await keyring.reload();
  await keyring.reload();
  expect(keyring.signer(START_MS).kid).toBe(kid);
  expect(keyring.health()).toEqual({ ok: false, detail: "disk gone" });
  broken = false;
  await keyring.reload();
  expect(problems).toEqual(["disk gone", undefined]);
  expect(keyring.health().ok).toBe(true);
});

it("gives a store that has forgotten the keys, or shows an earlier state, what it knows", async () => {
  const path = freshPath();
  const store = createFileKeyStore(path);
  const keyring = await keyringOn(store);
  const earlier = keyring.file;
  await unlink(path);
  await keyring.reload();
  expect(await createFileKeyStore(path).load()).toEqual(earlier);
  await rotateKeys(store, { nowMs: START_MS, algorithm: "ES256" });
  await keyring.reload();
  const later = keyring.file;
  const attacker = createFileKeyStore(path);
  await attacker.save(earlier, await attacker.load());
  await keyring.reload();
  expect(await createFileKeyStore(path).load()).toEqual(later);
  expect(keyring.file).toEqual(later);
});

it("changes the algorithm by a rotation: the former key signs until verifiers know its successor", async () => {
  const path = freshPath();
  await keyringOn(createFileKeyStore(path));
  const changed = await Promise.all([1, 2].map(() => keyringOn(createFileKeyStore(path), { algorithm: "EdDSA" })));
  for (const keyring of changed) {
    await keyring.reload();
    expect(keyring.published(START_MS).map(({ alg }) => alg)).toEqual(["EdDSA", "ES256"]);
    expect(keyring.signer(START_MS).kid).toBe(kidsAt(keyring, START_MS)[1]);
    expect(keyring.signer(START_MS + PUBLISH_MS).kid).toBe(kidsAt(keyring, START_MS)[0]);
  }
});

it("takes brought-along keys as they are: the first signs, all are published, none is rotated", async () => {
  const made = await Promise.all(
    [1, 2].map(() => ensureKeys(createFileKeyStore(freshPath()), { nowMs: 0, algorithm: "EdDSA" })),
  );
  const bare = made.map(({ keys }) => keys[0]?.privateJwk);
  const store = createEnvironmentKeyStore(JSON.stringify(bare));
  const keyring = await keyringOn(store);
  const kids = made.map(({ keys }) => keys[0]?.kid);
  expect(keyring.signer(START_MS).kid).toBe(kids[0]);
  expect(kidsAt(keyring, START_MS)).toEqual(kids);
  expect(await rotateKeys(store, { nowMs: START_MS, algorithm: "ES256" })).toEqual({ kind: "read-only" });
  expect(listKeys(keyring.file, START_MS).map(({ createdAt, state }) => [createdAt, state])).toEqual([
    [undefined, "signing"],
    [undefined, "verifying"],
  ]);
});

it("does not start on brought-along keys that have all retired", async () => {
  const made = await ensureKeys(createFileKeyStore(freshPath()), { nowMs: START_MS, algorithm: "ES256" });
  const retired = { ...made, keys: made.keys.map((key) => ({ ...key, retiresAtMs: START_MS - 1 })) };
  await expect(keyringOn(createEnvironmentKeyStore(serializeKeyFile(retired)))).rejects.toThrow(
    /every key has retired/,
  );
});

it("publishes public parts only, under an entity tag that changes exactly with them", async () => {
  const store = createFileKeyStore(freshPath());
  const keyring = await keyringOn(store);
  const first = createJwksDocument(keyring, START_MS);
  const members = Object.keys((JSON.parse(first.body) as { keys: object[] }).keys[0] as object);
  expect(members.toSorted()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
  expect(createJwksDocument(keyring, START_MS + 1)).toEqual(first);
  await rotateKeys(store, { nowMs: START_MS, algorithm: "EdDSA" });
  await keyring.reload();
  const second = createJwksDocument(keyring, START_MS);
  expect(second.etag).not.toBe(first.etag);
  expect(second.headers["cache-control"]).toBe("public, max-age=60");
  for (const key of keyring.file.keys) expect(second.body).not.toContain(key.privateJwk.d);
});

it("chooses the place of the keys by the environment", () => {
  const redis = { get: () => Promise.resolve(null), eval: () => Promise.resolve(0) };
  const describe = (environment: Record<string, string>, withRedis = true) =>
    openKeyStore({ environment, stateDir: "/state", redis: withRedis ? redis : undefined }).description;
  const secret = { FIGWAY_KEYS_SECRET: "a secret of enough letters" };
  expect(describe({})).toBe("the file /state/keys.json");
  expect(describe({ FIGWAY_KEYS: "", FIGWAY_KEYS_SECRET: "" })).toBe("the file /state/keys.json");
  expect(describe(secret)).toBe("the Redis key figway:keys");
  expect(describe({ ...secret, FIGWAY_KEYS: "/run/secrets/keys" })).toBe("the file /run/secrets/keys (FIGWAY_KEYS)");
  expect(() => describe(secret, false)).toThrow(/REDIS_URL/);
});
