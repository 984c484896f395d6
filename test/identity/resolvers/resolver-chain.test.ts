import { expect, it } from "vitest";
import { createNoneResolver } from "../../../src/identity/resolvers/none-resolver.ts";
import { createResolverChain } from "../../../src/identity/resolvers/resolver-chain.ts";
import type { Identity, IdentityResolver, Resolution, SessionLife } from "../../../src/model/identity.ts";
import { requestOf } from "../../contracts/identity-resolver.contract.ts";

const USER: Identity = {
  kind: "user",
  subject: "u1",
  claims: {},
  sessionHandle: "handle",
  sessionEndsAtMs: undefined,
  fingerprint: "fingerprint",
};
const NOT_MINE: Resolution = { kind: "not-mine" };

function answering(answer: Resolution | Promise<Resolution>, more: Partial<IdentityResolver> = {}) {
  const resolver = { ...createNoneResolver(), resolve: () => answer, ...more };
  return resolver satisfies IdentityResolver;
}

const resolveBy = (...resolvers: IdentityResolver[]) => createResolverChain(resolvers).resolve(requestOf([]));

it("gives the answer of the first resolver that finds a credential of its kind", async () => {
  const unreachable = answering(NOT_MINE, { resolve: () => expect.unreachable("the next one was asked") });
  expect(resolveBy(answering(NOT_MINE), answering(USER), unreachable)).toBe(USER);
  expect(await resolveBy(answering(Promise.resolve(NOT_MINE)), answering(USER), unreachable)).toBe(USER);
  expect(await resolveBy(answering(NOT_MINE), answering(Promise.resolve(USER)), unreachable)).toBe(USER);
  const unknown: Identity = { kind: "unknown", cause: "a store is down" };
  expect(await resolveBy(answering(Promise.resolve(unknown)), answering(USER))).toBe(unknown);
});

it("calls anonymous who brings no credential of any kind", async () => {
  const anonymous = { kind: "anonymous", reason: "no-cookie", sessionHandle: undefined };
  expect(resolveBy()).toEqual(anonymous);
  expect(resolveBy(answering(NOT_MINE))).toEqual(anonymous);
  expect(await resolveBy(answering(Promise.resolve(NOT_MINE)), answering(NOT_MINE))).toEqual(anonymous);
});

it("speaks for all of its resolvers", async () => {
  const done: string[] = [];
  const life = (name: string): SessionLife => ({
    handleOf: () => (name === "b" ? "handle of b" : undefined),
    legacyAnswer: () => ({
      began: () => void done.push(`${name} began`),
      ended: () => void done.push(`${name} ended`),
    }),
    hasEnded: (handle) => handle === name,
    watch: () => () => void done.push(`${name} unwatched`),
  });
  const of = (name: string, ok: boolean) =>
    answering(NOT_MINE, {
      credentialCookies: [name, "shared"],
      keepAlive: () => void done.push(`${name} kept`),
      health: () => ({ ok, detail: name }),
      close: async () => void done.push(`${name} closed`),
      sessions: life(name),
    });
  const chain = createResolverChain([of("a", true), of("b", false), createNoneResolver()]);
  expect(chain.credentialCookies).toEqual(["a", "shared", "b"]);
  expect(chain.health()).toEqual({ ok: false, detail: "a; b; no sessions are read" });
  expect(chain.sessions?.handleOf(requestOf([]))).toBe("handle of b");
  expect([chain.sessions?.hasEnded("a"), chain.sessions?.hasEnded("b"), chain.sessions?.hasEnded("c")]).toEqual([
    true,
    true,
    false,
  ]);
  chain.keepAlive(USER);
  const answer = chain.sessions?.legacyAnswer(requestOf([]));
  answer?.began();
  answer?.ended();
  chain.sessions?.watch(USER, () => undefined)();
  await chain.close();
  expect(done).toEqual([
    "a kept",
    "b kept",
    "a began",
    "b began",
    "a ended",
    "b ended",
    "a unwatched",
    "b unwatched",
    "a closed",
    "b closed",
  ]);
  expect(createResolverChain([createNoneResolver()]).sessions).toBeUndefined();
});
