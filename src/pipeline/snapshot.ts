import type { Config } from "../config/schema.ts";
import type { RouteConfig } from "../config/schema/routes.ts";
import type { FlagAnswer, FlagContext } from "../model/decision.ts";
import type { Identity, IdentityResolver, UserIdentity } from "../model/identity.ts";
import type { RawHeaders } from "../model/raw-headers.ts";
import type { Side } from "../model/side.ts";
import type { Upstream } from "../transport/upstream.ts";
import type { RateLimits } from "./limit-rate.ts";

/**
 * Everything that one exchange is judged by, made from one configuration and never changed afterwards: a reload is a swap of
 * pointers, and an exchange keeps the snapshot that it began with (law 2).
 */
export interface Snapshot {
  readonly config: Config;
  /** A short hash of the configuration's text and of the environment it read. */
  readonly digest: string;
  matchRoute(request: RouteRequest): RouteMatch;
  readonly flags: Flags;
  /** undefined: no route is limited. */
  readonly rateLimits: RateLimits | undefined;
  readonly resolver: IdentityResolver;
  /** A token for this user and audience. Throws a GatewayError where none can be made. */
  mintToken(identity: UserIdentity, audience: string): string;
  readonly upstreams: ReadonlyMap<string, Upstream>;
  readonly destinations: ReadonlyMap<string, Destination>;
  /** The cookies that modern never sees and may not set, in lower case: the session's and figway's own. */
  readonly credentialCookies: ReadonlySet<string>;
  /** A modern upstream tried to set one of them; the attempt was dropped. */
  reportForeignCookie(upstream: string, cookie: string): void;
  /** Whether a peer's X-Forwarded-* fields are believed. */
  trustsPeer(address: string): boolean;
}

/** What is known of an upstream at load time, so that nothing is looked up per request. */
export interface Destination {
  readonly name: string;
  readonly side: Side;
  /** `scheme://host[:port]`, as it would stand in a Location field. */
  readonly origin: string;
  readonly audience: string;
  /** The base URL's path without a slash at its end; put in front of every target. */
  readonly basePath: string;
}

export interface RouteRequest {
  readonly method: string;
  readonly target: string;
  readonly host: string;
  readonly headers: RawHeaders;
}

export type RouteMatch =
  | { readonly kind: "matched"; readonly route: RouteConfig; readonly params: Readonly<Record<string, string>> }
  | {
      readonly kind: "ambiguous";
      readonly readings: readonly { readonly reading: string; readonly routeId: string }[];
    };

/** What the pipeline asks of the flag source; all of it synchronous. */
export interface Flags {
  evaluate(flag: string, context: FlagContext): FlagAnswer;
  /** Whether the flag's answer can depend on the bucket. */
  needsBucket(flag: string): boolean;
  /** False when the flag is off for everyone: then nobody needs to be known to decide. */
  mayBeOn(flag: string): boolean;
}

/** The identity of an exchange whose route cannot need one. */
export const IDENTITY_NOT_NEEDED: Identity = { kind: "anonymous", reason: "not-needed", sessionHandle: undefined };
