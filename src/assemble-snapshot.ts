import { isDeepStrictEqual } from "node:util";
import type { Config } from "./config/schema.ts";
import type { FlagActors } from "./flag-actors.ts";
import { DEFAULT_BREAKER } from "./config/schema/upstreams.ts";
import { createFlagSource, type FlagSource } from "./flags/flag-source.ts";
import { createIdentityResolver } from "./identity/create-identity-resolver.ts";
import type { IdentityDeps } from "./identity/identity-deps.ts";
import { createRateLimits, type RateLimits } from "./limits/create-rate-limits.ts";
import type { IdentityResolver } from "./model/identity.ts";
import { LEGACY, sideOf } from "./model/side.ts";
import { BUCKET_COOKIE } from "./pipeline/bucket.ts";
import { LOGIN_COUNT_COOKIE } from "./pipeline/login-loop.ts";
import { compileTrustedProxies } from "./pipeline/client-address.ts";
import type { Destination, Snapshot } from "./pipeline/snapshot.ts";
import { createRouter } from "./routing/router.ts";
import type { Log } from "./telemetry/log.ts";
import { createMinter, type Minter } from "./tokens/minter.ts";
import type { Keyring } from "./tokens/keyring.ts";
import { createUpstream, type Upstream } from "./transport/upstream.ts";

/** The parts of a snapshot that live on their own: they hold connections, timers and caches, and are kept where nothing changed. */
export interface Pieces {
  readonly flags: FlagSource;
  readonly resolver: IdentityResolver;
  readonly minter: Minter;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly rateLimits: RateLimits | undefined;
}

export interface Assembled {
  readonly snapshot: Snapshot;
  readonly pieces: Pieces;
  /** What the former snapshot had and this one has not: to be closed when its last exchange has ended. */
  readonly retired: readonly { close(): Promise<void> }[];
}

export interface AssemblyServices {
  readonly baseDir: string;
  readonly stateDir: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly log: Log;
  readonly keyring: Keyring;
  readonly flagActors: FlagActors;
  readonly identityDeps: IdentityDeps;
  readonly randomHex: (octets: number) => string;
  readonly reportForeignCookie: Snapshot["reportForeignCookie"];
  readonly tokenMinted: (keyId: string) => void;
}

/** Builds everything that one configuration needs, taking over from the former one what is configured as it was. */
export async function assembleSnapshot(
  loaded: { config: Config; digest: string },
  services: AssemblyServices,
  former: Assembled | undefined,
): Promise<Assembled> {
  const { config, digest } = loaded;
  const was = former?.snapshot.config;
  const retired: { close(): Promise<void> }[] = [];
  const kept = <T extends { close(): Promise<void> }>(
    piece: T | undefined,
    before: unknown,
    now: unknown,
  ): T | undefined => {
    if (piece === undefined || isDeepStrictEqual(before, now)) return piece;
    retired.push(piece);
    return undefined;
  };
  const flags =
    kept(former?.pieces.flags, was?.flags, config.flags) ??
    (await createFlagSource({ ...services, config: config.flags, log: services.log.write }));
  const resolver =
    kept(former?.pieces.resolver, was?.identity.session, config.identity.session) ??
    (await connected(createIdentityResolver(config.identity.session, services.identityDeps)));
  const isSameToken = former !== undefined && isDeepStrictEqual(was?.identity.token, config.identity.token);
  const minter = isSameToken
    ? former.pieces.minter
    : createMinter({
        keyring: services.keyring,
        token: config.identity.token,
        clock: services.identityDeps.clock,
        randomId: () => services.randomHex(16),
        onSigned: services.tokenMinted,
      });
  const settledBefore = was === undefined ? undefined : withBreakers(was);
  const upstreams = new Map(
    Object.entries(withBreakers(config)).map(([name, upstream]): [string, Upstream] => [
      name,
      kept(former?.pieces.upstreams.get(name), settledBefore?.[name], upstream) ??
        createUpstream({ name, config: upstream, folder: services.baseDir }),
    ]),
  );
  for (const [name, upstream] of former?.pieces.upstreams ?? []) if (!upstreams.has(name)) retired.push(upstream);
  // Counted on while nothing about them changes: an edit of another route must not give everybody a fresh allowance.
  const isSameLimit = was !== undefined && isDeepStrictEqual(rateLimitsOf(was), rateLimitsOf(config));
  const formerLimits = former?.pieces.rateLimits;
  const rateLimits = isSameLimit ? formerLimits : createRateLimits({ ...rateLimitsOf(config), log: services.log });
  if (!isSameLimit && formerLimits !== undefined) retired.push(formerLimits);
  const pieces: Pieces = { flags, resolver, minter, upstreams, rateLimits };
  return { snapshot: freeze(config, digest, pieces, services), pieces, retired };
}

function rateLimitsOf({ rateLimit, routes, identity: { session } }: Config) {
  const sessionStore = session.kind === "express-session" ? session.store : undefined;
  return { limit: rateLimit, routes: routes.map(({ id, rateLimit }) => ({ id, rateLimit })), sessionStore };
}

/** How long a resolver may take to reach its store before it is used all the same, in milliseconds. */
const CONNECT_MS = 1_000;

/** Its first requests should find their users; a store that is away must not hold up a start or a reload. */
async function connected(resolver: IdentityResolver): Promise<IdentityResolver> {
  const deadline = performance.now() + CONNECT_MS;
  while (!resolver.health().ok && performance.now() < deadline) await new Promise((wake) => setTimeout(wake, 10));
  return resolver;
}

/** Where routes.json says nothing, an upstream has a breaker if some route falls back from it: only then can somebody else step in. */
function withBreakers({ upstreams, routes }: Config): Config["upstreams"] {
  const fallsBack = new Set(routes.filter(({ fallback }) => fallback === LEGACY).map(({ to }) => to));
  return Object.fromEntries(
    Object.entries(upstreams).map(([name, upstream]) => {
      const breaker = upstream.breaker ?? (fallsBack.has(name) ? DEFAULT_BREAKER : undefined);
      return [name, breaker === undefined ? upstream : { ...upstream, breaker }];
    }),
  );
}

function freeze(config: Config, digest: string, pieces: Pieces, services: AssemblyServices): Snapshot {
  const router = createRouter(config.routes);
  return Object.freeze({
    config,
    digest,
    matchRoute: router.match,
    flags: pieces.flags,
    rateLimits: pieces.rateLimits,
    resolver: pieces.resolver,
    mintToken: pieces.minter.mint,
    upstreams: pieces.upstreams,
    destinations: new Map(
      Object.entries(config.upstreams).map(([name, upstream]) => [name, destinationOf(name, upstream)]),
    ),
    credentialCookies: new Set([
      ...pieces.resolver.credentialCookies.map((name) => name.toLowerCase()),
      BUCKET_COOKIE,
      LOGIN_COUNT_COOKIE,
    ]),
    reportForeignCookie: services.reportForeignCookie,
    trustsPeer: compileTrustedProxies(config.listen.trustedProxies),
  });
}

function destinationOf(name: string, upstream: Config["upstreams"][string]): Destination {
  const url = new URL(upstream.url);
  return {
    name,
    side: sideOf(name),
    origin: url.origin,
    audience: upstream.audience ?? name,
    basePath: url.pathname.replace(/\/+$/, ""),
  };
}
