import { createServer } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { generateKeyPairSync } from "node:crypto";
import { SignJWT, UnsecuredJWT } from "jose";
import { afterEach, expect, it, vi } from "vitest";
import {
  createTestIssuer,
  createVerifier,
  TokenError,
  type TokenErrorCode,
  type VerifierOptions,
} from "../../src/verify.ts";

const NAMES = { issuer: "figway", audience: "shop-modern" };
const closers: (() => void)[] = [];
afterEach(() => {
  vi.useRealTimers();
  for (const close of closers.splice(0)) close();
});

async function codeOf(work: Promise<unknown>): Promise<TokenErrorCode | "accepted"> {
  try {
    await work;
    return "accepted";
  } catch (error) {
    expect(error).toBeInstanceOf(TokenError);
    return (error as TokenError).code;
  }
}

/** A key set server that counts how often it was asked. */
async function serveKeys(
  answer: () => { status: number; body: string },
): Promise<{ url: string; asked: () => number }> {
  let asked = 0;
  const server = createServer((_request, response) => {
    asked += 1;
    const { status, body } = answer();
    response.writeHead(status, { "content-type": "application/jwk-set+json" }).end(body);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`, asked: () => asked };
}

/** Signs whatever it is told to with a key that the verifier trusts: what only figway's own mistakes could produce. */
function trustedSigner(): { options: VerifierOptions; sign: (claims: object, header?: object) => Promise<string> } {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const options = {
    ...NAMES,
    jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "k", alg: "ES256" }] },
  } as VerifierOptions;
  const sign = (claims: object, header: object = {}) =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: "ES256", kid: "k", typ: "at+jwt", ...header })
      .sign(privateKey);
  return { options, sign };
}

const nowSeconds = () => Math.floor(Date.now() / 1_000);
const goodClaims = () => ({
  iss: "figway",
  aud: "shop-modern",
  sub: "u1",
  sid: "s1",
  jti: "t1",
  iat: nowSeconds(),
  exp: nowSeconds() + 60,
});

it.each(["ES256", "EdDSA"] as const)("an %s token says who the user is", async (algorithm) => {
  const issuer = createTestIssuer({ ...NAMES, algorithm });
  const verifier = createVerifier(issuer.verifierOptions);
  const token = await issuer.issue({
    subject: "u1",
    claims: { name: "Alice", roles: ["customer"] },
    sessionHandle: "s1",
  });
  const identity = await verifier.verify(token);
  expect(identity).toMatchObject({
    subject: "u1",
    claims: { name: "Alice", roles: ["customer"] },
    roles: ["customer"],
    sessionHandle: "s1",
    audience: ["shop-modern"],
    keyId: issuer.jwks.keys[0]?.kid,
  });
  expect(Object.keys(identity.claims)).toEqual(["name", "roles"]);
  expect(identity.expiresAtMs - identity.issuedAtMs).toBe(62_000);
});

it("refuses every claim and header that is wrong, each under its own code", async () => {
  const { options, sign } = trustedSigner();
  const verifier = createVerifier(options);
  const good = goodClaims();
  const { sid: _sid, ...withoutSid } = good;
  const { exp: _exp, ...withoutExp } = good;
  const cases: [string, TokenErrorCode | "accepted", Promise<string>][] = [
    ["good", "accepted", sign(good)],
    ["audience", "wrong-audience", sign({ ...good, aud: "billing" })],
    ["issuer", "wrong-issuer", sign({ ...good, iss: "somebody" })],
    ["expired", "token-expired", sign({ ...good, exp: nowSeconds() - 6 })],
    ["within tolerance", "accepted", sign({ ...good, exp: nowSeconds() - 1 })],
    ["not before", "token-not-yet-valid", sign({ ...good, nbf: nowSeconds() + 60 })],
    ["id token", "wrong-type", sign(good, { typ: "JWT" })],
    ["no type", "wrong-type", sign(good, { typ: undefined })],
    ["no sid", "claim-missing", sign(withoutSid)],
    ["no exp", "claim-missing", sign(withoutExp)],
    ["subject of a wrong kind", "claim-missing", sign({ ...good, sub: 7 })],
    ["expiry of a wrong kind", "claim-missing", sign({ ...good, exp: "tomorrow" })],
    ["empty subject", "claim-missing", sign({ ...good, sub: "" })],
    ["no key id", "unknown-key", sign(good, { kid: undefined })],
    ["another key id", "unknown-key", sign(good, { kid: "other" })],
    ["unsecured", "algorithm-not-allowed", Promise.resolve(new UnsecuredJWT(good).encode())],
    ["rubbish", "token-malformed", Promise.resolve("not.a.token")],
    ["huge", "token-malformed", Promise.resolve("a".repeat(20_000))],
    ["empty", "token-missing", Promise.resolve("")],
  ];
  const seen = await Promise.all(
    cases.map(async ([name, , token]) => [name, await codeOf(verifier.verify(await token))]),
  );
  expect(seen).toEqual(cases.map(([name, code]) => [name, code]));
});

it("takes no token that was signed with the published key as a shared secret", async () => {
  const issuer = createTestIssuer(NAMES);
  const verifier = createVerifier(issuer.verifierOptions);
  const secret = new TextEncoder().encode(JSON.stringify(issuer.jwks.keys[0]).padEnd(64));
  const kid = issuer.jwks.keys[0]?.kid as string;
  const token = await new SignJWT(goodClaims()).setProtectedHeader({ alg: "HS256", kid, typ: "at+jwt" }).sign(secret);
  expect(await codeOf(verifier.verify(token))).toBe("algorithm-not-allowed");
});

it("takes no token whose signature or payload was changed, nor one of another key with the same id", async () => {
  const issuer = createTestIssuer(NAMES);
  const verifier = createVerifier(issuer.verifierOptions);
  const token = await issuer.issue({ subject: "u1" });
  const [header, , signature] = token.split(".") as [string, string, string];
  const payload = Buffer.from(JSON.stringify({ ...goodClaims(), sub: "admin" })).toString("base64url");
  expect(await codeOf(verifier.verify(`${header}.${payload}.${signature}`))).toBe("bad-signature");
  const { sign } = trustedSigner();
  expect(await codeOf(verifier.verify(await sign(goodClaims(), { kid: issuer.jwks.keys[0]?.kid })))).toBe(
    "bad-signature",
  );
});

it("an algorithm that is not among the allowed ones is refused although its key is published", async () => {
  const issuer = createTestIssuer({ ...NAMES, algorithm: "EdDSA" });
  const verifier = createVerifier({ ...issuer.verifierOptions, algorithms: ["ES256"] });
  expect(await codeOf(verifier.verify(await issuer.issue({ subject: "u1" })))).toBe("algorithm-not-allowed");
});

it("a remembered token is refused as soon as it has expired", async () => {
  let nowMs = Date.now();
  const issuer = createTestIssuer({ ...NAMES, nowMs: () => nowMs });
  const verifier = createVerifier(issuer.verifierOptions);
  const token = await issuer.issue({ subject: "u1", expiresInSeconds: 30 });
  const first = await verifier.verify(token);
  expect(await verifier.verify(token)).toBe(first);
  nowMs = first.expiresAtMs + 4_999;
  expect(await verifier.verify(token)).toBe(first);
  nowMs = first.expiresAtMs + 5_000;
  expect(await codeOf(verifier.verify(token))).toBe("token-expired");
});

it("a token of a withdrawn key is forgotten within a minute, whatever expiry its forger wrote", async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  const stolen = createTestIssuer(NAMES);
  let published = stolen.jwks;
  const { url } = await serveKeys(() => ({ status: 200, body: JSON.stringify(published) }));
  const verifier = createVerifier({ ...NAMES, jwksUrl: url });
  const forged = await stolen.issue({ subject: "admin", expiresInSeconds: 1e9 });
  await verifier.verify(forged);
  const successor = createTestIssuer(NAMES);
  published = successor.jwks;
  vi.setSystemTime(Date.now() + 31_000);
  await verifier.verify(await successor.issue({ subject: "u1" }));
  vi.setSystemTime(Date.now() + 29_000);
  expect(await codeOf(verifier.verify(forged))).toBe("unknown-key");
});

it("a clock that is set back does not lengthen what is remembered", async () => {
  let nowMs = Date.now();
  const issuer = createTestIssuer({ ...NAMES, nowMs: () => nowMs });
  const verifier = createVerifier(issuer.verifierOptions);
  const token = await issuer.issue({ subject: "u1" });
  const first = await verifier.verify(token);
  nowMs -= 1;
  expect(await verifier.verify(token)).not.toBe(first);
});

it("what one request does to an identity cannot reach another request", async () => {
  const issuer = createTestIssuer(NAMES);
  const verifier = createVerifier(issuer.verifierOptions);
  const token = await issuer.issue({ subject: "u1", claims: { roles: ["customer"], shop: { tier: 1 } } });
  const identity = await verifier.verify(token);
  expect(() => (identity.claims["roles"] as string[]).push("admin")).toThrow(TypeError);
  expect(() => Object.assign(identity.claims["shop"] as object, { tier: 9 })).toThrow(TypeError);
  expect((await verifier.verify(token)).roles).toEqual(["customer"]);
});

it("remembers no more tokens than it was told to", async () => {
  const issuer = createTestIssuer(NAMES);
  const verifier = createVerifier({ ...issuer.verifierOptions, maxCachedTokens: 2 });
  const tokens = await Promise.all(["a", "b", "c"].map((subject) => issuer.issue({ subject })));
  const first = await verifier.verify(tokens[0] as string);
  for (const token of tokens) await verifier.verify(token);
  expect(await verifier.verify(tokens[0] as string)).not.toBe(first);
});

it("fetches the key set once for many tokens, and asks no more than once for a flood of unknown key ids", async () => {
  const issuer = createTestIssuer(NAMES);
  const { url, asked } = await serveKeys(() => ({ status: 200, body: JSON.stringify(issuer.jwks) }));
  const verifier = createVerifier({ ...NAMES, jwksUrl: url });
  const tokens = await Promise.all(Array.from({ length: 20 }, (_, i) => issuer.issue({ subject: `u${i}` })));
  await Promise.all(tokens.map((token) => verifier.verify(token)));
  const { sign } = trustedSigner();
  const foreign = await Promise.all(Array.from({ length: 20 }, (_, i) => sign(goodClaims(), { kid: `foreign-${i}` })));
  const codes = await Promise.all(foreign.map((token) => codeOf(verifier.verify(token))));
  expect(new Set(codes)).toEqual(new Set(["unknown-key"]));
  expect(asked()).toBe(1);
});

it.each([
  ["answers 500", { status: 500, body: "" }],
  ["answers with something else than keys", { status: 200, body: "<html>" }],
  ["redirects", { status: 302, body: "" }],
])("a key server that %s makes keys unavailable, and is asked again by the next request", async (_name, broken) => {
  const issuer = createTestIssuer(NAMES);
  let answer = broken;
  const { url } = await serveKeys(() => answer);
  const verifier = createVerifier({ ...NAMES, jwksUrl: new URL(url) });
  const token = await issuer.issue({ subject: "u1" });
  expect(await codeOf(verifier.verify(token))).toBe("keys-unavailable");
  answer = { status: 200, body: JSON.stringify(issuer.jwks) };
  expect(await codeOf(verifier.verify(token))).toBe("accepted");
});

it("a key server that cannot be reached makes keys unavailable", async () => {
  const issuer = createTestIssuer(NAMES);
  const verifier = createVerifier({ ...NAMES, jwksUrl: "http://127.0.0.1:1/jwks.json" });
  expect(await codeOf(verifier.verify(await issuer.issue({ subject: "u1" })))).toBe("keys-unavailable");
});

it.each([
  ["no issuer", { issuer: undefined }, /"issuer"/],
  ["an empty audience", { audience: "" }, /"audience"/],
  ["no algorithm", { algorithms: [] }, /"algorithms"/],
  ["a symmetric algorithm", { algorithms: ["HS256"] }, /"algorithms"/],
  ["a wide tolerance", { clockToleranceSeconds: 11 }, /"clockToleranceSeconds"/],
  ["a tolerance that is no number", { clockToleranceSeconds: Number.NaN }, /"clockToleranceSeconds"/],
  ["no keys", { jwks: undefined }, /"jwksUrl"/],
])("refuses to start with %s, which would weaken every check after it", (_name, wrong, message) => {
  const options = { ...createTestIssuer(NAMES).verifierOptions, ...wrong } as VerifierOptions;
  expect(() => createVerifier(options)).toThrow(message);
});
