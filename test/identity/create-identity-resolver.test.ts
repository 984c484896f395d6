import { expect, it } from "vitest";
import { sessionSchema } from "../../src/config/schema/identity.ts";
import { createIdentityResolver } from "../../src/identity/create-identity-resolver.ts";
import { requestOf } from "../contracts/identity-resolver.contract.ts";
import { testDeps } from "./identity-worlds.ts";

it("makes the resolver that routes.json names, which never hands a request on", async () => {
  const configs = [
    { input: { kind: "none" }, cookies: [], reason: "no-resolver" },
    {
      input: { kind: "express-session", cookie: "sid", secrets: ["s"], store: "redis://127.0.0.1:1", subject: "/u" },
      cookies: ["sid"],
      reason: "no-cookie",
    },
    {
      input: { kind: "whoami", url: "http://127.0.0.1:1/me", cookies: ["a", "b"], subject: "/u" },
      cookies: ["a", "b"],
      reason: "no-cookie",
    },
  ];
  for (const { input, cookies, reason } of configs) {
    const resolver = createIdentityResolver(sessionSchema.parse(input), testDeps());
    expect(resolver.credentialCookies).toEqual(cookies);
    expect(resolver.resolve(requestOf([]))).toEqual({ kind: "anonymous", reason, sessionHandle: undefined });
    await resolver.close();
  }
});

it("takes a cookie name that no cookie can have for a mistake", () => {
  for (const cookie of ["", "a b", "a=b", "a;b", "__proto__", "ä"]) {
    const input = { kind: "express-session", cookie, secrets: ["s"], store: "redis://h", subject: "/u" };
    expect(sessionSchema.safeParse(input).success).toBe(false);
  }
});
