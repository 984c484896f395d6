/** One `Set-Cookie` field, as a browser would read it (RFC 6265 §5.2). */
export interface SetCookie {
  readonly name: string;
  /** As it was sent, not decoded. */
  readonly value: string;
  readonly path: string | undefined;
  readonly domain: string | undefined;
  /** In lower case: `lax`, `strict`, `none`. */
  readonly sameSite: string | undefined;
  readonly secure: boolean;
  readonly httpOnly: boolean;
  readonly maxAgeSeconds: number | undefined;
  readonly expiresAtMs: number | undefined;
}

/** Undefined where the field names no cookie. */
export function parseSetCookie(field: string): SetCookie | undefined {
  const [pair = "", ...rest] = field.split(";");
  const equals = pair.indexOf("=");
  if (equals < 1) return undefined;
  const attributes = new Map(rest.map(attributeOf));
  const maxAge = Number(attributes.get("max-age") || Number.NaN);
  const expires = Date.parse(attributes.get("expires") ?? "");
  return {
    name: pair.slice(0, equals).trim(),
    value: pair.slice(equals + 1).trim(),
    path: attributes.get("path"),
    domain: attributes.get("domain"),
    sameSite: attributes.get("samesite")?.toLowerCase(),
    secure: attributes.has("secure"),
    httpOnly: attributes.has("httponly"),
    maxAgeSeconds: Number.isFinite(maxAge) ? maxAge : undefined,
    expiresAtMs: Number.isNaN(expires) ? undefined : expires,
  };
}

/** Whether a browser drops the cookie on reading this. */
export function isClearing({ maxAgeSeconds, expiresAtMs }: SetCookie, nowMs: number): boolean {
  if (maxAgeSeconds !== undefined) return maxAgeSeconds <= 0;
  return expiresAtMs !== undefined && expiresAtMs <= nowMs;
}

function attributeOf(part: string): [name: string, value: string] {
  const equals = part.indexOf("=");
  if (equals === -1) return [part.trim().toLowerCase(), ""];
  return [part.slice(0, equals).trim().toLowerCase(), part.slice(equals + 1).trim()];
}
