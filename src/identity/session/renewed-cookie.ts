import { createHmac } from "node:crypto";

/** What a field value may hold (RFC 9110 §5.5), blanks apart. */
const FIELD_VALUE = /^[\x20-\x7e]*$/;

/** The attributes that express-session keeps beside a session, as it would send them again. */
export interface SessionCookie {
  /** undefined: the cookie ends with the browser. */
  readonly originalMaxAgeMs: number | undefined;
  readonly domain: string | undefined;
  readonly path: string | undefined;
  readonly httpOnly: boolean;
  readonly secure: boolean;
  readonly partitioned: boolean;
  readonly priority: string | undefined;
  readonly sameSite: string | boolean | undefined;
}

/** Reads the `cookie` member of a stored session (express-session 1.19, session/cookie.js `toJSON`). */
export function readSessionCookie(cookie: object): SessionCookie {
  const { originalMaxAge, domain, path, httpOnly, secure, partitioned, priority, sameSite } = cookie as Record<
    string,
    unknown
  >;
  const text = (value: unknown): string | undefined => (typeof value === "string" && value !== "" ? value : undefined);
  return {
    originalMaxAgeMs:
      typeof originalMaxAge === "number" && Number.isFinite(originalMaxAge) && originalMaxAge > 0
        ? originalMaxAge
        : undefined,
    domain: text(domain),
    path: text(path),
    httpOnly: httpOnly === true,
    secure: secure === true,
    partitioned: partitioned === true,
    priority: text(priority),
    sameSite: sameSite === true ? true : text(sameSite),
  };
}

/**
 * The Set-Cookie that legacy with `rolling: true` sends with every answer: the same cookie, signed with the first secret, and with a new
 * end (express-session 1.19 index.js `setcookie`; attributes in the order of cookie 0.7 `serialize`). undefined where express-session
 * would send none: a secure cookie over plain HTTP.
 */
export function renewedCookie(
  cookie: SessionCookie,
  {
    name,
    id,
    secret,
    scheme,
    nowMs,
  }: { name: string; id: string; secret: string; scheme: "http" | "https"; nowMs: number },
): string | undefined {
  if (cookie.secure && scheme !== "https") return undefined;
  const signature = createHmac("sha256", secret).update(id).digest("base64").replace(/=+$/, "");
  const parts = [`${name}=${encodeURIComponent(`s:${id}.${signature}`)}`];
  if (cookie.domain !== undefined) parts.push(`Domain=${cookie.domain}`);
  if (cookie.path !== undefined) parts.push(`Path=${cookie.path}`);
  if (cookie.originalMaxAgeMs !== undefined)
    parts.push(`Expires=${new Date(nowMs + cookie.originalMaxAgeMs).toUTCString()}`);
  if (cookie.httpOnly) parts.push("HttpOnly");
  if (cookie.secure) parts.push("Secure");
  if (cookie.partitioned) parts.push("Partitioned");
  if (cookie.priority !== undefined) parts.push(`Priority=${capitalised(cookie.priority)}`);
  if (cookie.sameSite !== undefined)
    parts.push(`SameSite=${cookie.sameSite === true ? "Strict" : capitalised(String(cookie.sameSite))}`);
  const line = parts.join("; ");
  // What legacy's store holds is not figway's to trust with the framing of an answer.
  return FIELD_VALUE.test(line) ? line : undefined;
}

function capitalised(word: string): string {
  return word.charAt(0).toUpperCase() + word.slice(1).toLowerCase();
}
