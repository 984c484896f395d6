import { beforeEach, expect, it } from "vitest";
import type { KeyFile } from "../../src/tokens/key-file.ts";
import { type KeyStore, KeyStoreError } from "../../src/tokens/key-store.ts";
import { generateSigningKey } from "../../src/tokens/signing-key.ts";

/** One place where keys are kept, empty (a read-only one: filled) before each test. */
export interface KeyStorePlace {
  /** Another replica's store on the same place. */
  openStore(): KeyStore;
  /** What an eavesdropper at the place sees; undefined where the place holds nothing. */
  readRaw(): Promise<string | undefined>;
  /** Damages what is stored, as bit rot, a stray editor or an attacker would. */
  corrupt(): Promise<void>;
}

const TIMES = { createdAtMs: Date.UTC(2026, 0, 1), activeFromMs: Date.UTC(2026, 0, 2) };

export function keyFile(revision: number, ...algorithms: ("ES256" | "EdDSA")[]): KeyFile {
  const keys = algorithms.map((algorithm) => generateSigningKey(algorithm, TIMES));
  return { revision, keys: keys.map((key, i) => (i === 0 ? key : { ...key, retiresAtMs: Date.UTC(2027, 0, 1) })) };
}

/** Everything that holds of every store which can be written to. */
export function testsKeyStore(open: () => Promise<KeyStorePlace>): void {
  let place: KeyStorePlace;
  beforeEach(async () => {
    place = await open();
  });

  it("holds nothing at first", async () => {
    expect(await place.openStore().load()).toBeUndefined();
  });

  it("gives another replica exactly what was saved", async () => {
    const file = keyFile(7, "ES256", "EdDSA");
    expect(await place.openStore().save(file, undefined)).toBe("saved");
    expect(await place.openStore().load()).toEqual(file);
  });

  it("gives the same object again while nothing has changed, and another one when something has", async () => {
    const store = place.openStore();
    await place.openStore().save(keyFile(1, "ES256"), undefined);
    const first = await store.load();
    expect(await store.load()).toBe(first);
    const other = place.openStore();
    await other.save(keyFile(2, "ES256"), await other.load());
    expect((await store.load())?.revision).toBe(2);
  });

  it("lets one of many replicas create the first keys", async () => {
    const attempts = Array.from({ length: 8 }, (_, i) => place.openStore().save(keyFile(i + 1, "ES256"), undefined));
    const results = await Promise.all(attempts);
    expect(results.filter((result) => result === "saved")).toHaveLength(1);
    expect((await place.openStore().load())?.revision).toBe(results.indexOf("saved") + 1);
  });

  it("lets one of many replicas replace the same keys", async () => {
    await place.openStore().save(keyFile(1, "ES256"), undefined);
    const stores = Array.from({ length: 8 }, () => place.openStore());
    const seen = await Promise.all(stores.map((store) => store.load()));
    const results = await Promise.all(stores.map((store, i) => store.save(keyFile(i + 10, "ES256"), seen[i])));
    expect(results.filter((result) => result === "saved")).toHaveLength(1);
    expect((await place.openStore().load())?.revision).toBe(results.indexOf("saved") + 10);
  });

  it("keeps what is stored when a replica saves upon something outdated", async () => {
    const [fast, slow] = [place.openStore(), place.openStore()];
    await fast.save(keyFile(1, "ES256"), undefined);
    const outdated = await slow.load();
    await fast.save(keyFile(2, "ES256"), await fast.load());
    expect(await slow.save(keyFile(3, "ES256"), outdated)).toBe("conflict");
    expect(await slow.save(keyFile(3, "ES256"), undefined)).toBe("conflict");
    expect((await slow.load())?.revision).toBe(2);
  });

  it("saves upon what it has itself just saved", async () => {
    const store = place.openStore();
    const first = keyFile(1, "ES256");
    await store.save(first, undefined);
    expect(await store.save(keyFile(2, "ES256"), first)).toBe("saved");
  });

  testsDamage(() => place);
}

/** Everything that holds of a store which only reads. */
export function testsReadOnlyKeyStore(open: () => Promise<KeyStorePlace>): void {
  let place: KeyStorePlace;
  beforeEach(async () => {
    place = await open();
  });

  it("gives the same object again while nothing has changed", async () => {
    const store = place.openStore();
    const first = await store.load();
    expect(first?.keys.length).toBeGreaterThan(0);
    expect(await store.load()).toBe(first);
  });

  it("takes nothing, and says so", async () => {
    const store = place.openStore();
    const before = await place.readRaw();
    expect(await store.save(keyFile(9, "ES256"), await store.load())).toBe("read-only");
    expect(await place.readRaw()).toBe(before);
  });

  testsDamage(() => place);
}

function testsDamage(place: () => KeyStorePlace): void {
  it("says what is wrong with damaged keys without quoting them", async () => {
    const store = place().openStore();
    const file = (await store.load()) ?? keyFile(1, "ES256");
    await store.save(file, undefined);
    const secrets = file.keys.map((key) => key.privateJwk.d);
    await place().corrupt();
    const error = await place()
      .openStore()
      .load()
      .then(
        () => undefined,
        (rejected: unknown) => rejected,
      );
    expect(error).toBeInstanceOf(KeyStoreError);
    expect((error as KeyStoreError).code).toMatch(/^(?:invalid|wrong-secret)$/);
    for (const secret of secrets) expect(String((error as Error).stack)).not.toContain(secret.slice(0, 20));
  });
}
