import type { RouteConfig } from "../config/schema/routes.ts";
import { fieldValues } from "../model/raw-headers.ts";
import { readCookie } from "./cookies.ts";
import type { Exchange } from "./exchange.ts";

/** figway's own cookie: the stable id that percentages are computed from. It says nothing about the user. */
export const BUCKET_COOKIE = "figway.bucket";

const BUCKET_ID = /^[0-9a-f]{32}$/;

/** A year: a person stays on one side for as long as a migration lasts. */
const BUCKET_LIFE_SECONDS = 31_536_000;

export interface Bucket {
  readonly id: string;
  /** The browser does not have it yet: the answer carries the cookie. */
  readonly isNew: boolean;
}

/** The browser's bucket; a new one only where the flag's answer depends on it, so that nobody gets a cookie for nothing. */
export function assignBucket(
  exchange: Exchange,
  route: RouteConfig,
  randomHex: (octets: number) => string,
): Bucket | undefined {
  if (route.flag === undefined || !exchange.snapshot.flags.needsBucket(route.flag)) return undefined;
  const received = readCookie(fieldValues(exchange.headers, "cookie"), BUCKET_COOKIE);
  if (received !== undefined && BUCKET_ID.test(received)) return { id: received, isNew: false };
  return { id: randomHex(16), isNew: true };
}

/** The `Set-Cookie` of a bucket (RFC 6265bis §4.1). */
export function bucketCookie(bucket: Bucket, scheme: "http" | "https"): string {
  const secure = scheme === "https" ? "; Secure" : "";
  return `${BUCKET_COOKIE}=${bucket.id}; Path=/; Max-Age=${BUCKET_LIFE_SECONDS}; HttpOnly; SameSite=Lax${secure}`;
}
