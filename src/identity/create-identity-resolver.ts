import type { SessionConfig } from "../config/schema/identity.ts";
import type { IdentityResolver } from "../model/identity.ts";
import type { IdentityDeps } from "./identity-deps.ts";
import { createExpressSessionResolver } from "./resolvers/express-session-resolver.ts";
import { createNoneResolver } from "./resolvers/none-resolver.ts";
import { createResolverChain } from "./resolvers/resolver-chain.ts";
import { createWhoamiResolver } from "./resolvers/whoami-resolver.ts";

type Factories = {
  readonly [Kind in SessionConfig["kind"]]: (
    config: Extract<SessionConfig, { kind: Kind }>,
    deps: IdentityDeps,
  ) => IdentityResolver;
};

/** The resolvers by the `kind` that routes.json names them with. A new one is one line here and one schema. */
const FACTORIES: Factories = {
  "express-session": (config, deps) => createExpressSessionResolver({ ...deps, config }),
  whoami: (config, deps) => createWhoamiResolver({ ...deps, config }),
  none: () => createNoneResolver(),
};

/** The resolver that routes.json asks for; it never answers `not-mine`. */
export function createIdentityResolver(config: SessionConfig, deps: IdentityDeps): IdentityResolver {
  const create = FACTORIES[config.kind] as (config: SessionConfig, deps: IdentityDeps) => IdentityResolver;
  return createResolverChain([create(config, deps)]);
}
