/**
 * What a team would write behind nginx's auth_request for the same job as figway's: check the cookie's signature, read the session
 * from Redis, mint a token, and say which side serves. It caches what it may: a session for two seconds (it has no way to hear of a
 * logout), a token for as long as it is good.
 */
import { createHmac, generateKeyPairSync, sign, timingSafeEqual } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { Redis } from "ioredis";
import { endWithParent, tellParent } from "../processes/answer-parent.ts";
import type { PeerReady } from "./peer-ready.ts";

const SESSION_CACHE_MS = 2_000;
const TOKEN_SECONDS = 60;
const COOKIE = "connect.sid";

interface Known {
  readonly user: { readonly id: string; readonly name: string; readonly roles: readonly string[] } | undefined;
  readonly readAtMs: number;
  token: string;
  tokenGoodUntilMs: number;
}

const secret = process.env["SESSION_SECRET"] as string;
const redis = new Redis(process.env["REDIS_URL"] as string);
const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
const sessions = new Map<string, Known>();
const flags = { "orders-modern": true };

async function translate(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const { sessionCookie, kept } = splitCookies(request.headers.cookie ?? "");
  const id = sessionCookie === undefined ? undefined : unsign(decodeURIComponent(sessionCookie));
  const known = id === undefined ? undefined : await sessionOf(id);
  if (known?.user === undefined) {
    response.writeHead(401, { "Content-Length": "0" }).end();
    return;
  }
  const side = flags["orders-modern"] ? "modern" : "legacy";
  const bearer = `Bearer ${tokenOf(known)}`;
  response.writeHead(200, { "Content-Length": "0", "X-Side": side, "X-Bearer": bearer, "X-Kept-Cookie": kept }).end();
}

function splitCookies(field: string): { sessionCookie: string | undefined; kept: string } {
  let sessionCookie: string | undefined;
  const kept: string[] = [];
  for (const pair of field.split(";")) {
    const trimmed = pair.trim();
    if (trimmed.startsWith(`${COOKIE}=`)) sessionCookie ??= trimmed.slice(COOKIE.length + 1);
    else kept.push(trimmed);
  }
  return { sessionCookie, kept: kept.join("; ") };
}

/** `s:id.signature`, as express-session signs it. */
function unsign(value: string): string | undefined {
  const dot = value.lastIndexOf(".");
  if (!value.startsWith("s:") || dot === -1) return undefined;
  const id = value.slice(2, dot);
  const wanted = Buffer.from(createHmac("sha256", secret).update(id).digest("base64").replace(/=+$/, ""));
  const given = Buffer.from(value.slice(dot + 1));
  return wanted.length === given.length && timingSafeEqual(wanted, given) ? id : undefined;
}

async function sessionOf(id: string): Promise<Known> {
  const nowMs = Date.now();
  const cached = sessions.get(id);
  if (cached !== undefined && nowMs - cached.readAtMs < SESSION_CACHE_MS) return cached;
  const text = await redis.get(`sess:${id}`);
  const { user } = JSON.parse(text ?? "{}") as Pick<Known, "user">;
  const isSame = cached !== undefined && JSON.stringify(cached.user) === JSON.stringify(user);
  const token = isSame ? { token: cached.token, tokenGoodUntilMs: cached.tokenGoodUntilMs } : undefined;
  const known: Known = { user, readAtMs: nowMs, ...(token ?? { token: "", tokenGoodUntilMs: 0 }) };
  sessions.set(id, known);
  return known;
}

function tokenOf(known: Known): string {
  const nowMs = Date.now();
  if (nowMs < known.tokenGoodUntilMs) return known.token;
  const iat = Math.floor(nowMs / 1_000);
  const { id, name, roles } = known.user as NonNullable<Known["user"]>;
  const claims = { iss: "translator", aud: "shop-modern", sub: id, name, roles, iat, exp: iat + TOKEN_SECONDS };
  const head = { alg: "ES256", typ: "at+jwt", kid: "translator" };
  const input = [head, claims].map((part) => Buffer.from(JSON.stringify(part)).toString("base64url")).join(".");
  const signature = sign("sha256", Buffer.from(input), { key: privateKey, dsaEncoding: "ieee-p1363" });
  known.token = `${input}.${signature.toString("base64url")}`;
  known.tokenGoodUntilMs = nowMs + (TOKEN_SECONDS / 2) * 1_000;
  return known.token;
}

endWithParent();
const server = createServer((request, response) => {
  translate(request, response).catch(() => response.writeHead(500).end());
});
server.keepAliveTimeout = 65_000;
server.listen({ port: 0, host: "127.0.0.1", backlog: 1_024 });
await once(server, "listening");
tellParent({
  port: (server.address() as AddressInfo).port,
  pids: [process.pid],
  jwks: { keys: [{ ...publicKey.export({ format: "jwk" }), kid: "translator", alg: "ES256" }] },
} satisfies PeerReady);
