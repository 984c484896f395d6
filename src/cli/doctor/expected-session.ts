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
  if (session.kind === "whoami") {
    const { kind, cookies, subject, claims, authenticated } = session;
    const none = { ...UNREAD, storeIsLiteral, servesHttps, secrets: [], store: undefined };
    return { ...none, kind, cookie: cookies[0] as string, subject, claims, authenticated };
  }
  return {
    ...UNREAD,
    kind: session.kind,
    cookie: "connect.sid",
    secrets: [environment["SESSION_SECRET"] ?? []].flat(),
    store: environment["REDIS_URL"] || undefined,
    storeIsLiteral,
    subject: "/user/id",
    claims: {},
    servesHttps,
  };
}

/** express-session's and connect-redis's own defaults. */
const UNREAD = { prefix: "sess:", rolling: false, touch: true, ttlSeconds: 86_400, cache: true };
