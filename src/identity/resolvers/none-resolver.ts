import type { AnonymousIdentity, IdentityResolver } from "../../model/identity.ts";

const NO_RESOLVER: AnonymousIdentity = { kind: "anonymous", reason: "no-resolver", sessionHandle: undefined };

/** For a legacy application without users: everybody is anonymous. */
export function createNoneResolver(): IdentityResolver {
  return {
    credentialCookies: [],
    resolve: () => NO_RESOLVER,
    keepAlive() {},
    health: () => ({ ok: true, detail: "no sessions are read" }),
    async close() {},
  };
}
