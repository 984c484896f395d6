import type { RouteConfig } from "../config/schema/routes.ts";
import type { FlagContext } from "../model/decision.ts";
import type { Identity, UserIdentity } from "../model/identity.ts";
import type { Bucket } from "./bucket.ts";
import type { Exchange } from "./exchange.ts";
import type { EffectiveTarget } from "./screen-framing.ts";

/** What the flag evaluator is told: user, bucket, session (hashed), address, and route, method, host and claims as properties. */
export function flagContextOf(
  exchange: Exchange,
  known: { route: RouteConfig; identity: Identity; bucket: Bucket | undefined; effective: EffectiveTarget },
): FlagContext {
  const { route, identity, bucket, effective } = known;
  const claims = identity.kind === "user" ? claimTextsOf(identity) : NO_CLAIMS;
  return {
    userId: identity.kind === "user" ? identity.subject : undefined,
    bucket: bucket?.id,
    sessionId: identity.kind === "user" || identity.kind === "anonymous" ? identity.sessionHandle : undefined,
    remoteAddress: exchange.clientAddress,
    // No claim poses as one of the request's own.
    properties: { ...claims, route: route.id, method: exchange.method, host: effective.host },
  };
}

const NO_CLAIMS: Readonly<Record<string, string>> = {};
/** An identity stays the same object for as long as it is remembered. */
const claimTexts = new WeakMap<UserIdentity, Readonly<Record<string, string>>>();

function claimTextsOf(identity: UserIdentity): Readonly<Record<string, string>> {
  const known = claimTexts.get(identity);
  if (known !== undefined) return known;
  const texts = Object.fromEntries(
    Object.entries(identity.claims).map(([name, value]) => [
      name,
      typeof value === "string" ? value : Array.isArray(value) ? value.join(",") : JSON.stringify(value),
    ]),
  );
  claimTexts.set(identity, texts);
  return texts;
}
