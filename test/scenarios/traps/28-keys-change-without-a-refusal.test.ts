import { createRemoteJWKSet, type JWTVerifyResult, jwtVerify, SignJWT, UnsecuredJWT } from "jose";
import { afterAll, beforeAll, expect, it } from "vitest";
import { createVerifier } from "../../../src/verify.ts";
import { describeWithRealRedis } from "../../identity/describe-with-real-redis.ts";
import { type Rig, startRig } from "./rig/start-rig.ts";
import { Visitor } from "./rig/visitor.ts";

describeWithRealRedis("trap 28: keys change without one refusal, and only figway's tokens are believed", () => {
  let rig: Rig;
  let alice: Visitor;
  let jwksUrl: string;
  beforeAll(async () => {
    rig = await startRig();
    alice = await new Visitor(rig).logIn("alice");
    jwksUrl = `http://127.0.0.1:${rig.port}/.figway/jwks.json`;
  });
  afterAll(() => rig.stop());

  /** A token as modern gets it now. */
  async function freshToken(): Promise<string> {
    await alice.logIn(`alice ${Math.random()}`);
    await alice.onModern();
    return [...rig.modern.tokens].at(-1) as string;
  }

  const published = async () => ((await (await fetch(jwksUrl)).json()) as { keys: Record<string, string>[] }).keys;

  it("every token verifies with the published keys alone: algorithm, key id, issuer, audience and type pinned", async () => {
    const verify = (token: string): Promise<JWTVerifyResult> =>
      jwtVerify(token, createRemoteJWKSet(new URL(jwksUrl)), {
        issuer: "figway",
        audience: "shop",
        algorithms: ["ES256"],
        requiredClaims: ["sub", "exp", "iat", "jti", "sid"],
      });
    const { payload, protectedHeader } = await verify(await freshToken());
    expect(payload.sub).toMatch(/^alice/);
    expect(protectedHeader).toMatchObject({ alg: "ES256", kid: expect.any(String) as string });
    for (const key of await published()) {
      // RFC 7518 §6.2.2, §6.3.2: what would be private.
      for (const member of ["d", "p", "q", "dp", "dq", "qi", "k"]) expect(key).not.toHaveProperty(member);
    }
  });

  it("a rotation publishes the next key and goes on signing with the present one, so that no verifier meets an unknown key", async () => {
    const verifier = createVerifier({ issuer: "figway", audience: "shop", jwksUrl });
    const before = await freshToken();
    expect(await verifier.verify(before)).toMatchObject({ subject: expect.any(String) as string });
    const [former] = await published();
    const rotated = await fetch(`${rig.adminUrl}/api/keys/rotate`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ actor: "test" }),
    });
    expect(rotated.status).toBe(200);
    const keys = await published();
    expect(keys).toHaveLength(2);
    const { kid } = JSON.parse(Buffer.from((await freshToken()).split(".")[0] ?? "", "base64url").toString()) as {
      kid: string;
    };
    expect(kid).toBe(former?.["kid"]);
    for (const token of [before, await freshToken()]) await verifier.verify(token);
  });

  it("figway restarted signs with the same keys, and what was minted before is still believed", async () => {
    const before = await freshToken();
    const keys = await published();
    await rig.restartGateway();
    expect(await published()).toEqual(keys);
    const verifier = createVerifier({ issuer: "figway", audience: "shop", jwksUrl });
    for (const token of [before, await freshToken()]) await verifier.verify(token);
  });

  it("a token that figway did not make for this service is refused by figway/verify", async () => {
    const verifier = createVerifier({ issuer: "figway", audience: "shop", jwksUrl });
    const token = await freshToken();
    const [header = "", payload = "", signature = ""] = token.split(".");
    const claims = JSON.parse(Buffer.from(payload, "base64url").toString()) as Record<string, unknown>;
    const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const kid = (JSON.parse(Buffer.from(header, "base64url").toString()) as { kid: string }).kid;
    const publicKey = JSON.stringify((await published())[0]);
    const forgeries = {
      "another user in it": `${header}.${encode({ ...claims, sub: "dave" })}.${signature}`,
      "without a signature": new UnsecuredJWT(claims).encode(),
      "alg none with the key's id": `${encode({ alg: "none", kid })}.${payload}.`,
      "signed with the public key as a secret": await new SignJWT(claims)
        .setProtectedHeader({ alg: "HS256", kid })
        .sign(Buffer.from(publicKey)),
      "for another service": token,
      truncated: token.slice(0, -4),
    };
    const forAnother = createVerifier({ issuer: "figway", audience: "another", jwksUrl });
    for (const [how, forged] of Object.entries(forgeries)) {
      const judge = how === "for another service" ? forAnother : verifier;
      await expect(judge.verify(forged), how).rejects.toThrow();
    }
  });
});
