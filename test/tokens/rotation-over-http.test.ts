import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it, vi } from "vitest";
import { createFileKeyStore } from "../../src/tokens/file-key-store.ts";
import { createJwksDocument } from "../../src/tokens/jwks-document.ts";
import { createKeyring } from "../../src/tokens/keyring.ts";
import { createMinter } from "../../src/tokens/minter.ts";
import { rotateKeys } from "../../src/tokens/rotate-keys.ts";
import { createVerifier } from "../../src/verify.ts";

const closers: (() => void)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const close of closers.splice(0)) close();
});

/** Two replicas over one key file, each behind its own address; the verifier asks the first one for keys. */
async function twoReplicas() {
  const directory = mkdtempSync(join(tmpdir(), "figway-keys-"));
  closers.push(() => rmSync(directory, { recursive: true, force: true }));
  const store = () => createFileKeyStore(join(directory, "keys.json"));
  const replica = async () => {
    const keyring = await createKeyring({
      store: store(),
      clock: { nowMs: Date.now },
      algorithm: "ES256",
      reloadIntervalMs: 0,
    });
    let count = 0;
    const minter = createMinter({
      keyring,
      token: { issuer: "figway", ttlSeconds: 60, algorithm: "ES256" },
      clock: { nowMs: Date.now },
      randomId: () => `t${++count}`,
    });
    return { keyring, minter };
  };
  const [first, second] = [await replica(), await replica()];
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    const document = createJwksDocument(first.keyring, Date.now());
    response.writeHead(200, document.headers).end(document.body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const jwksUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/.figway/jwks.json`;
  return { store, first, second, jwksUrl, asked: () => asked };
}

const alice = {
  kind: "user",
  subject: "u1",
  claims: {},
  sessionHandle: "s1",
  sessionEndsAtMs: undefined,
  fingerprint: "f1",
} as const;

it("over an hour with a rotation in it, no token of any replica is refused and no verifier is surprised by a key", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 1) });
  const { store, first, second, jwksUrl, asked } = await twoReplicas();
  const verifier = createVerifier({ jwksUrl, issuer: "figway", audience: "shop-modern" });
  const signers = new Set<string>();
  for (let seconds = 0; seconds <= 3_600; seconds += 20) {
    if (seconds === 300) await rotateKeys(store(), { nowMs: Date.now(), algorithm: "ES256" });
    // The replica that serves the keys learns of the rotation first, the other one later.
    if (seconds >= 300) await first.keyring.reload();
    if (seconds >= 340) await second.keyring.reload();
    for (const { minter } of [first, second]) {
      const verified = await verifier.verify(minter.mint(alice, "shop-modern"));
      signers.add(verified.keyId);
    }
    vi.setSystemTime(Date.now() + 20_000);
  }
  expect(signers.size).toBe(2);
  expect(first.keyring.published(Date.now())).toHaveLength(1);
  // Once at first and once per ten minutes: never because a key was unknown.
  expect(asked()).toBeLessThanOrEqual(7);
});

it("after a compromise the new key works within the verifier's cooldown, and fetching it ends the trust in the stolen one", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.UTC(2026, 10, 1) });
  const { store, first, jwksUrl } = await twoReplicas();
  const verifier = createVerifier({ jwksUrl, issuer: "figway", audience: "shop-modern" });
  await verifier.verify(first.minter.mint(alice, "shop-modern"));
  const stolenSigner = first.keyring.signer(Date.now());
  const forge = () =>
    createMinter({
      keyring: { signer: () => stolenSigner },
      token: { issuer: "figway", ttlSeconds: 900, algorithm: "ES256" },
      clock: { nowMs: Date.now },
      randomId: () => "forged",
    }).mint({ ...alice, subject: "admin" }, "shop-modern");
  await rotateKeys(store(), { nowMs: Date.now(), algorithm: "ES256", mode: "compromised" });
  await first.keyring.reload();
  vi.setSystemTime(Date.now() + 31_000);
  expect((await verifier.verify(first.minter.mint(alice, "shop-modern"))).subject).toBe("u1");
  await expect(verifier.verify(forge())).rejects.toMatchObject({ code: "unknown-key" });
});
