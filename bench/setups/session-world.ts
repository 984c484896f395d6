import { createHmac, randomBytes } from "node:crypto";
import { Redis } from "ioredis";
import { hasRealRedis, startRedis } from "../../test/doubles/start-redis.ts";

const SESSION_SECONDS = 86_400;
/** As many users as connections: each keeps to its own. */
const USERS = 64;

export const SESSION_SECRET = "a secret of the benchmark";

/** A Redis with the sessions of some users, as express-session and connect-redis leave them there. */
export interface SessionWorld {
  readonly redisUrl: string;
  readonly redisKind: "real" | "embedded";
  readonly users: readonly { readonly id: string; readonly cookie: string }[];
  stop(): Promise<void>;
}

export async function startSessionWorld(): Promise<SessionWorld> {
  const redisKind = hasRealRedis() ? "real" : "embedded";
  const server = await startRedis(redisKind);
  const redis = new Redis(server.url);
  const users = Array.from({ length: USERS }, (_, i) => ({
    id: `u${i}`,
    session: randomBytes(24).toString("base64url"),
  }));
  for (const { id, session } of users) {
    const expires = new Date(Date.now() + SESSION_SECONDS * 1_000).toISOString();
    const cookie = { originalMaxAge: SESSION_SECONDS * 1_000, expires, httpOnly: true, path: "/" };
    const value = { cookie, user: { id, name: `User ${id}`, roles: ["customer"] } };
    await redis.set(`sess:${session}`, JSON.stringify(value), "EX", SESSION_SECONDS);
  }
  redis.disconnect();
  return {
    redisUrl: server.url,
    redisKind,
    users: users.map(({ id, session }) => ({ id, cookie: `connect.sid=${encodeURIComponent(signed(session))}` })),
    stop: server.stop,
  };
}

/** As cookie-signature signs for express-session: `s:id.HMAC`. */
function signed(session: string): string {
  const signature = createHmac("sha256", SESSION_SECRET).update(session).digest("base64").replace(/=+$/, "");
  return `s:${session}.${signature}`;
}

/** The request of the benchmark: a plain GET as a program of the company's sends it, with the cookies of a logged-in user. */
export function getRequest(target: string, cookie: string, accept = "application/json"): string {
  return [
    `GET ${target} HTTP/1.1`,
    "Host: shop.example.org",
    "User-Agent: figway-bench",
    `Accept: ${accept}`,
    "Accept-Encoding: gzip",
    `Cookie: theme=dark; ${cookie}`,
    "",
    "",
  ].join("\r\n");
}
