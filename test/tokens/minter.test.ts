import { decodeProtectedHeader, createLocalJWKSet, decodeJwt, type JSONWebKeySet, jwtVerify } from "jose";
import * as fc from "fast-check";
import { expect, it } from "vitest";
import type { TokenConfig } from "../../src/config/schema/identity.ts";
import { GatewayError } from "../../src/model/gateway-error.ts";
import type { UserIdentity } from "../../src/model/identity.ts";
import type { JsonObject } from "../../src/model/json.ts";
import { MintError } from "../../src/tokens/mint-error.ts";
import { createMinter, type Minter } from "../../src/tokens/minter.ts";
import { createSigner, type Signer } from "../../src/tokens/signer.ts";
import { generateSigningKey, publicPartOf, type SigningKey } from "../../src/tokens/signing-key.ts";
import { createVerifier } from "../../src/verify.ts";

/** Half a second past the full: roundings show. */
const NOW_MS = Date.UTC(2026, 10, 1, 12) + 500;
const NOW_SECONDS = Math.floor(NOW_MS / 1_000);
const AUDIENCE = "shop-modern";

interface Bench {
  readonly minter: Minter;
  readonly jwks: JSONWebKeySet;
  readonly signed: string[];
  nowMs: number;
  signer: Signer;
}

function bench(token: Partial<TokenConfig> = {}, maxCached = 100): Bench {
  const config: TokenConfig = { issuer: "figway", ttlSeconds: 60, algorithm: "ES256", ...token };
  const key = generateSigningKey(config.algorithm, { createdAtMs: 0, activeFromMs: 0 });
  let tokenCount = 0;
  const signed: string[] = [];
  const made: Bench = {
    nowMs: NOW_MS,
    signer: createSigner(key),
    signed,
    jwks: { keys: [publicJwkOf(key)] },
    minter: createMinter({
      keyring: { signer: () => made.signer },
      token: config,
      clock: { nowMs: () => made.nowMs },
      randomId: () => `t${++tokenCount}`,
      maxCached,
      onSigned: (kid) => signed.push(kid),
    }),
  };
  return made;
}

const publicJwkOf = (key: SigningKey) => ({ ...publicPartOf(key.privateJwk), kid: key.kid, alg: key.algorithm });

function user(changes: Partial<UserIdentity> = {}): UserIdentity {
  return {
    kind: "user",
    subject: "u1",
    claims: { name: "Alice", roles: ["customer"] },
    sessionHandle: "s1",
    sessionEndsAtMs: NOW_MS + 1_800_000,
    fingerprint: "f1",
    ...changes,
  };
}

const expiryOf = (token: string) => decodeJwt(token).exp as number;

it.each(["ES256", "EdDSA"] as const)("jose accepts an %s token with everything pinned", async (algorithm) => {
  const { minter, jwks, signer } = bench({ algorithm });
  const { payload, protectedHeader } = await jwtVerify(minter.mint(user(), AUDIENCE), createLocalJWKSet(jwks), {
    issuer: "figway",
    audience: AUDIENCE,
    subject: "u1",
    typ: "at+jwt",
    algorithms: [algorithm],
    requiredClaims: ["iat", "exp", "jti", "sid"],
    currentDate: new Date(NOW_MS),
    maxTokenAge: 62,
  });
  expect(protectedHeader).toEqual({ alg: algorithm, kid: signer.kid, typ: "at+jwt" });
  expect(payload).toEqual({
    name: "Alice",
    roles: ["customer"],
    iss: "figway",
    aud: AUDIENCE,
    sub: "u1",
    iat: NOW_SECONDS - 2,
    exp: NOW_SECONDS + 60,
    jti: "t1",
    sid: "s1",
  });
});

const registered = fc.constantFrom("iss", "aud", "sub", "exp", "nbf", "iat", "jti", "sid", "__proto__", "toString");
const claimNames = fc.oneof(registered, fc.string({ minLength: 1, maxLength: 12 }));
const claimSets = fc.dictionary(claimNames, fc.jsonValue({ maxDepth: 2 }), { maxKeys: 6 });

it("whatever the session holds, every claim arrives as it was and none poses as one of figway's", async () => {
  const { minter, jwks } = bench();
  const verifier = createVerifier({ jwks, issuer: "figway", audience: AUDIENCE, nowMs: () => NOW_MS });
  let count = 0;
  const subjects = fc.string({ minLength: 1, maxLength: 40, unit: "grapheme" });
  await fc.assert(
    fc.asyncProperty(claimSets, subjects, async (claims, subject) => {
      fc.pre(JSON.stringify(claims).length < 800);
      const identity = user({ claims: claims as JsonObject, subject, fingerprint: `f${++count}` });
      const verified = await verifier.verify(minter.mint(identity, AUDIENCE));
      expect(verified).toMatchObject({ subject: subject.toWellFormed(), sessionHandle: "s1", tokenId: `t${count}` });
      expect(verified.expiresAtMs).toBe((NOW_SECONDS + 60) * 1_000);
      const names = ["iss", "aud", "sub", "exp", "nbf", "iat", "jti", "sid"];
      const allowed = Object.entries(claims).filter(([name]) => !names.includes(name));
      const carried: unknown = JSON.parse(JSON.stringify(Object.fromEntries(allowed)));
      expect(new Map(Object.entries(verified.claims))).toEqual(new Map(Object.entries(carried as object)));
    }),
    { numRuns: 200 },
  );
});

it("signs once for many requests of one identity and audience", () => {
  const { minter, signed, signer } = bench();
  const token = minter.mint(user(), AUDIENCE);
  for (let i = 0; i < 100; i++) expect(minter.mint(user(), AUDIENCE)).toBe(token);
  expect(signed).toEqual([signer.kid]);
});

it("never gives the token of one user, session, fingerprint or audience to another", () => {
  const { minter } = bench();
  const token = minter.mint(user(), AUDIENCE);
  expect(decodeJwt(minter.mint(user(), "billing")).aud).toBe("billing");
  expect(minter.mint(user(), AUDIENCE)).toBe(token);
  expect(decodeJwt(minter.mint(user({ sessionHandle: "s2", fingerprint: "f2" }), AUDIENCE)).sid).toBe("s2");
  expect(minter.mint(user(), AUDIENCE)).toBe(token);
  // The same session, now another user: what was minted for the former one is gone for every audience.
  const bob = user({ subject: "bob", fingerprint: "f-bob" });
  expect(decodeJwt(minter.mint(bob, AUDIENCE)).sub).toBe("bob");
  expect(decodeJwt(minter.mint(bob, "billing")).sub).toBe("bob");
  expect(decodeJwt(minter.mint(user(), AUDIENCE)).sub).toBe("u1");
});

it("a forwarded token has at least twice the clock tolerance to live, and is replaced by 80 % of its life", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10, max: 900 }),
      fc.array(fc.integer({ min: 1, max: 60_000 })),
      (ttlSeconds, steps) => {
        const b = bench({ ttlSeconds });
        let token = "";
        for (const step of steps) {
          const minted = b.minter.mint(user({ sessionEndsAtMs: undefined }), AUDIENCE);
          const leftMs = expiryOf(minted) * 1_000 - b.nowMs;
          const lifeMs = ttlSeconds * 1_000;
          expect(leftMs).toBeGreaterThanOrEqual(Math.min(20_000, (lifeMs - 1_000) / 2));
          expect(leftMs).toBeGreaterThanOrEqual(0.2 * (lifeMs - 1_000));
          expect(leftMs).toBeLessThanOrEqual(lifeMs);
          token = minted;
          b.nowMs += step;
        }
        expect(token === "").toBe(steps.length === 0);
      },
    ),
    { numRuns: 100 },
  );
});

it("with a life of 60 s a token is used for 40 s", () => {
  const b = bench();
  b.nowMs = NOW_SECONDS * 1_000;
  const token = b.minter.mint(user(), AUDIENCE);
  b.nowMs += 39_999;
  expect(b.minter.mint(user(), AUDIENCE)).toBe(token);
  b.nowMs += 1;
  expect(b.minter.mint(user(), AUDIENCE)).not.toBe(token);
});

it("no token outlives its session, wherever the session's end moves", () => {
  const ends = fc.oneof(fc.constant(undefined), fc.integer({ min: 0, max: 200_000 }));
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.integer({ min: 0, max: 20_000 }), ends), { minLength: 1 }), (steps) => {
      const b = bench();
      for (const [step, leftMs] of steps) {
        b.nowMs += step;
        const sessionEndsAtMs = leftMs === undefined ? undefined : b.nowMs + leftMs;
        try {
          const expiresAtMs = expiryOf(b.minter.mint(user({ sessionEndsAtMs }), AUDIENCE)) * 1_000;
          expect(expiresAtMs).toBeLessThanOrEqual(sessionEndsAtMs ?? Infinity);
          expect(expiresAtMs).toBeGreaterThan(b.nowMs);
        } catch (error) {
          expect(error).toMatchObject({ failure: "session-ended", code: "not-logged-in" });
          expect(leftMs).toBeLessThan(1_000);
        }
      }
    }),
  );
});

it("does not sign over and over for a session that is about to end", () => {
  const b = bench();
  const identity = user({ sessionEndsAtMs: NOW_MS + 15_000 });
  for (let i = 0; i < 14; i++) {
    b.minter.mint(identity, AUDIENCE);
    b.nowMs += 1_000;
  }
  expect(b.signed).toHaveLength(1);
  // Once the session is prolonged, so is the token.
  expect(expiryOf(b.minter.mint(user(), AUDIENCE)) * 1_000).toBeGreaterThan(NOW_MS + 60_000);
});

it("a clock that was set back makes kept tokens worthless, not eternal", () => {
  const b = bench();
  const token = b.minter.mint(user({ sessionEndsAtMs: undefined }), AUDIENCE);
  b.nowMs -= 3_600_000;
  const again = b.minter.mint(user({ sessionEndsAtMs: undefined }), AUDIENCE);
  expect(again).not.toBe(token);
  expect(expiryOf(again)).toBe(NOW_SECONDS - 3_600 + 60);
});

it("another signing key replaces every kept token at once", () => {
  const b = bench();
  b.minter.mint(user(), AUDIENCE);
  b.signer = createSigner(generateSigningKey("EdDSA", { createdAtMs: 0, activeFromMs: 0 }));
  expect(decodeProtectedHeader(b.minter.mint(user(), AUDIENCE)).kid).toBe(b.signer.kid);
  expect(new Set(b.signed).size).toBe(2);
});

it("forgets a session that was logged out, for every audience, and no other", () => {
  const { minter } = bench();
  const [mine, billing] = [minter.mint(user(), AUDIENCE), minter.mint(user(), "billing")];
  const other = minter.mint(user({ sessionHandle: "s2", fingerprint: "f2" }), AUDIENCE);
  minter.forget("s1");
  expect(minter.mint(user(), AUDIENCE)).not.toBe(mine);
  expect(minter.mint(user(), "billing")).not.toBe(billing);
  expect(minter.mint(user({ sessionHandle: "s2", fingerprint: "f2" }), AUDIENCE)).toBe(other);
});

it("keeps no more sessions than it was told to", () => {
  const { minter, signed } = bench({}, 2);
  for (const name of ["a", "b", "c", "a"]) minter.mint(user({ sessionHandle: name, fingerprint: name }), AUDIENCE);
  expect(signed).toHaveLength(4);
});

it("a token of more than 2 KB is refused before it is signed, naming the largest claim", () => {
  const { minter, signed } = bench();
  const claims = { name: "Alice", permissions: Array.from({ length: 300 }, (_, i) => `p${i}`) };
  let error: unknown;
  try {
    minter.mint(user({ claims }), AUDIENCE);
  } catch (thrown) {
    error = thrown;
  }
  expect(error).toBeInstanceOf(MintError);
  expect(error).toBeInstanceOf(GatewayError);
  expect(error).toMatchObject({ failure: "token-too-large", claim: "permissions", code: "internal", status: 500 });
  expect((error as MintError).message).toContain('"permissions"');
  expect((error as MintError).message).not.toContain("p299");
  expect(signed).toEqual([]);
});

it("the budget is exact: 2048 characters pass", () => {
  const lengths = new Set<number>();
  for (let size = 1_200; size < 1_500; size++) {
    const { minter } = bench();
    try {
      lengths.add(minter.mint(user({ claims: { x: "x".repeat(size) } }), AUDIENCE).length);
    } catch {
      break;
    }
  }
  const largest = Math.max(...lengths);
  // Base64url grows by four characters for three octets.
  expect(largest).toBeGreaterThan(2_048 - 3);
  expect(largest).toBeLessThanOrEqual(2_048);
});
