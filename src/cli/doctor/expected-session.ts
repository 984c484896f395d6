import type { Config } from "../../config/schema.ts";
import type { JsonObject } from "../../model/json.ts";
import type { UserLocation } from "../../identity/session/read-user.ts";

/** What routes.json says of legacy's sessions; where it reads none from Redis, what express-session does by default. */
export interface ExpectedSession extends UserLocation {
  readonly kind: Config["identity"]["session"]["kind"];
  readonly cookie: string;
  readonly secrets: readonly string[];
  /** undefined: nobody named a Redis. */
  readonly store: string | undefined;
  /** Whether the file itself names it, rather than the environment. */
  readonly storeIsLiteral: boolean;
  readonly prefix: string;
  readonly rolling: boolean;
  readonly touch: boolean;
  readonly ttlSeconds: number;
  readonly cache: boolean;
  /** Whether figway tells legacy that its users came by https. */
  readonly servesHttps: boolean;
}

export function expectedSession(
  { config, sessionInFile }: { config: Config; sessionInFile: JsonObject },
  environment: Readonly<NodeJS.ProcessEnv>,
): ExpectedSession {
  const { session } = config.identity;
  const storeIsLiteral = typeof sessionInFile["store"] === "string" && !sessionInFile["store"].includes("${");
  const servesHttps = config.listen.tls !== undefined || config.listen.trustedProxies.length > 0;
  if (session.kind === "express-session") return { ...session, storeIsLiteral, servesHttps };
  const fromEnvironment = {
    kind: session.kind,
    secrets: [environment["SESSION_SECRET"] ?? []].flat(),
    store: environment["REDIS_URL"] || undefined,
    prefix: "sess:",
    rolling: false,
    touch: true,
    ttlSeconds: 86_400,
    cache: true,
    storeIsLiteral,
    servesHttps,
  };
  if (session.kind === "none") return { ...fromEnvironment, cookie: "connect.sid", subject: "/user/id", claims: {} };
  const { cookies, subject, claims } = session;
  return { ...fromEnvironment, cookie: cookies[0] ?? "connect.sid", subject, claims };
}
