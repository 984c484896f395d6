import { Agent, request } from "undici";
import type { Readable } from "node:stream";
import { CommandFailure } from "../command-failure.ts";
import { isClearing, parseSetCookie, type SetCookie } from "./set-cookie.ts";

/** A browser as far as cookies go; follows no redirect by itself. */
export interface Visitor {
  /** Cookies by name, as they were set, not decoded. */
  readonly cookies: ReadonlyMap<string, string>;
  /** The last Set-Cookie field of each name. */
  readonly lastSet: ReadonlyMap<string, SetCookie>;
  send(visit: Visit): Promise<VisitAnswer>;
}

export interface Visit {
  readonly method: "GET" | "POST";
  /** Path and query on the site. */
  readonly path: string;
  /** Sent as application/x-www-form-urlencoded. */
  readonly form?: readonly (readonly [name: string, value: string])[];
  readonly accept?: string;
  /** Awaited between the head and the body of the answer. */
  readonly onHead?: () => Promise<void>;
}

export interface VisitAnswer {
  readonly status: number;
  /** Path and query of a redirect within the site. */
  readonly location: string | undefined;
  readonly setCookies: readonly SetCookie[];
  /** At most the first half mebibyte. */
  readonly body: string;
  /** When the head was there, in monotonic milliseconds. */
  readonly headAtMs: number;
}

/** A web site that visitors visit over connections of their own. */
export interface Site {
  readonly url: string;
  /** Requests sent so far. */
  readonly requests: number;
  /** A fresh visitor. `scheme` is what X-Forwarded-Proto tells legacy; undefined: nothing is told. */
  visitor(options?: { scheme?: "https" | undefined; cookies?: Iterable<readonly [string, string]> }): Visitor;
  close(): Promise<void>;
}

export interface SiteOptions {
  /** Base URL; a path in it is put in front of every path. */
  readonly url: string;
  /** Who that is, in a message: "Legacy", "figway". */
  readonly name: string;
  /** What to do where nobody answers. */
  readonly remedy: string;
  readonly tls?: { readonly ca?: Buffer; readonly cert?: Buffer; readonly key?: Buffer; readonly servername?: string };
  readonly trustAnyCertificate?: boolean;
}

const TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 524_288;

export function openSite(options: SiteOptions): Site {
  const base = new URL(options.url);
  const basePath = base.pathname.replace(/\/$/, "");
  const agent = new Agent({
    headersTimeout: TIMEOUT_MS,
    bodyTimeout: TIMEOUT_MS,
    connect: { timeout: TIMEOUT_MS, rejectUnauthorized: options.trustAnyCertificate !== true, ...options.tls },
  });
  let requests = 0;

  async function exchange(visit: Visit, headers: Record<string, string>) {
    requests++;
    const body = visit.form === undefined ? null : String(new URLSearchParams(visit.form.map(([k, v]) => [k, v])));
    try {
      return await request(base.origin + basePath + visit.path, {
        dispatcher: agent,
        method: visit.method,
        headers: body === null ? headers : { ...headers, "content-type": "application/x-www-form-urlencoded" },
        body,
      });
    } catch (error) {
      throw new CommandFailure(
        `${options.name} does not answer at ${base.origin} (${codeOf(error)}): ${options.remedy}`,
        {
          cause: error,
        },
      );
    }
  }

  function visitor({ scheme, cookies: given = [] }: Parameters<Site["visitor"]>[0] = {}): Visitor {
    const cookies = new Map<string, string>(given);
    const lastSet = new Map<string, SetCookie>();
    const origin = scheme === undefined ? base.origin : `${scheme}://${base.host}`;
    return {
      cookies,
      lastSet,
      async send(visit) {
        const answer = await exchange(visit, fieldsOf(visit, { cookies, scheme, origin }));
        const headAtMs = performance.now();
        const setCookies = setCookiesOf(answer.headers["set-cookie"]);
        for (const set of setCookies) {
          lastSet.set(set.name, set);
          if (isClearing(set, Date.now())) cookies.delete(set.name);
          else cookies.set(set.name, set.value);
        }
        await visit.onHead?.();
        const body = await readSome(answer.body);
        const location = locationOf(answer.headers["location"], `${base.origin}${basePath}${visit.path}`, basePath);
        return { status: answer.statusCode, location, setCookies, body, headAtMs };
      },
    };
  }

  return {
    url: options.url,
    get requests() {
      return requests;
    },
    visitor,
    close: () => agent.destroy(),
  };
}

/** The value of a Cookie field. */
export function cookieField(cookies: ReadonlyMap<string, string>): string {
  return [...cookies].map(([name, value]) => `${name}=${value}`).join("; ");
}

/** The cookies of a Cookie field, as a browser's developer tools show it; the first of several wins. */
export function readCookieField(field: string): Map<string, string> {
  const cookies = new Map<string, string>();
  for (const part of field.replace(/^cookie:/i, "").split(";")) {
    const equals = part.indexOf("=");
    const name = part.slice(0, Math.max(equals, 0)).trim();
    if (name !== "" && !cookies.has(name)) cookies.set(name, part.slice(equals + 1).trim());
  }
  return cookies;
}

function fieldsOf(
  { method, accept = "text/html,application/json;q=0.9,*/*;q=0.8" }: Visit,
  from: { cookies: ReadonlyMap<string, string>; scheme: string | undefined; origin: string },
): Record<string, string> {
  const fields: Record<string, string> = { accept, "user-agent": "figway-doctor" };
  if (from.cookies.size > 0) fields["cookie"] = cookieField(from.cookies);
  if (from.scheme !== undefined) fields["x-forwarded-proto"] = from.scheme;
  // As a form of the site's own page would be sent, for a CSRF check that looks at it.
  if (method === "POST") Object.assign(fields, { origin: from.origin, referer: `${from.origin}/` });
  return fields;
}

function setCookiesOf(field: string | string[] | undefined): SetCookie[] {
  return [field ?? []].flat().flatMap((text) => parseSetCookie(text) ?? []);
}

function locationOf(field: string | string[] | undefined, from: string, basePath: string): string | undefined {
  const target = typeof field === "string" ? URL.parse(field, from) : null;
  if (target === null || target.host !== new URL(from).host) return undefined;
  const path = target.pathname.startsWith(`${basePath}/`) ? target.pathname.slice(basePath.length) : target.pathname;
  return path + target.search;
}

async function readSome(body: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    chunks.push(chunk);
    bytes += chunk.length;
    // Leaving the loop destroys the body, and its connection with it.
    if (bytes > MAX_BODY_BYTES) break;
  }
  return Buffer.concat(chunks).toString("utf8");
}

function codeOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return code ?? message;
}
