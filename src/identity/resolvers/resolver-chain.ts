import type {
  AnonymousIdentity,
  Identity,
  IdentityResolver,
  Resolution,
  ResolveRequest,
  SessionLife,
} from "../../model/identity.ts";

const NO_COOKIE: AnonymousIdentity = { kind: "anonymous", reason: "no-cookie", sessionHandle: undefined };

/** Asks the resolvers in order; the first that finds a credential of its kind answers. Whoever brings none is anonymous. */
export function createResolverChain(resolvers: readonly IdentityResolver[]): IdentityResolver {
  const lives = resolvers.flatMap(({ sessions }) => (sessions === undefined ? [] : [sessions]));
  const chain: IdentityResolver = {
    credentialCookies: [...new Set(resolvers.flatMap(({ credentialCookies }) => credentialCookies))],
    resolve: (request) => firstMine(resolvers, request, 0),
    keepAlive(identity) {
      for (const resolver of resolvers) resolver.keepAlive(identity);
    },
    health() {
      const all = resolvers.map((resolver) => resolver.health());
      return { ok: all.every(({ ok }) => ok), detail: all.map(({ detail }) => detail).join("; ") };
    },
    async close() {
      await Promise.all(resolvers.map((resolver) => resolver.close()));
    },
  };
  const [only, ...others] = lives;
  if (only === undefined) return chain;
  return { ...chain, sessions: others.length === 0 ? only : chainLives(lives) };
}

/** Without a promise for as long as the resolvers answer without one. */
function firstMine(
  resolvers: readonly IdentityResolver[],
  request: ResolveRequest,
  from: number,
): Identity | Promise<Identity> {
  for (let i = from; i < resolvers.length; i++) {
    const resolution = (resolvers[i] as IdentityResolver).resolve(request);
    if (resolution instanceof Promise) {
      return resolution.then((later: Resolution) =>
        later.kind === "not-mine" ? firstMine(resolvers, request, i + 1) : later,
      );
    }
    if (resolution.kind !== "not-mine") return resolution;
  }
  return NO_COOKIE;
}

function chainLives(lives: readonly SessionLife[]): SessionLife {
  return {
    handleOf(request) {
      for (const life of lives) {
        const handle = life.handleOf(request);
        if (handle !== undefined) return handle;
      }
      return undefined;
    },
    legacyAnswer(request) {
      const answers = lives.flatMap((life) => life.legacyAnswer(request) ?? []);
      if (answers.length < 2) return answers[0];
      return {
        began: () => answers.forEach((answer) => answer.began()),
        ended: () => answers.forEach((answer) => answer.ended()),
      };
    },
    renewedCookie(identity, scheme) {
      for (const life of lives) {
        const renewed = life.renewedCookie?.(identity, scheme);
        if (renewed !== undefined) return renewed;
      }
      return undefined;
    },
    hasEnded: (handle) => lives.some((life) => life.hasEnded(handle)),
    watch(identity, ended) {
      const unwatch = lives.map((life) => life.watch(identity, ended));
      return () => {
        for (const end of unwatch) end();
      };
    },
  };
}
