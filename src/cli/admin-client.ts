import { CommandFailure } from "./command-failure.ts";

/** A running gateway's admin API, as the commands use it. */
export interface AdminClient {
  readonly url: string;
  get<Body>(path: string): Promise<AdminAnswer<Body>>;
  send<Body>(method: "PUT" | "POST" | "DELETE", path: string, body: unknown): Promise<AdminAnswer<Body>>;
}

/** `unreachable`: nothing answers there, so a command may do its work offline. */
export type AdminAnswer<Body> =
  | { readonly kind: "answered"; readonly body: Body }
  | { readonly kind: "unreachable"; readonly detail: string };

const TIMEOUT_MS = 5_000;

/** `token` is FIGWAY_ADMIN_TOKEN; loopback needs none. */
export function createAdminClient(url: string, token: string | undefined): AdminClient {
  const authorization: Record<string, string> = token === undefined ? {} : { authorization: `Bearer ${token}` };

  async function request<Body>(method: string, path: string, body?: unknown): Promise<AdminAnswer<Body>> {
    const init: RequestInit = { method, headers: authorization, signal: AbortSignal.timeout(TIMEOUT_MS) };
    if (body !== undefined) {
      init.body = JSON.stringify(body);
      init.headers = { ...authorization, "content-type": "application/json" };
    }
    let response: Response;
    try {
      response = await fetch(new URL(path, url), init);
    } catch (error) {
      if (isTimeout(error)) throw new CommandFailure(`${url} did not answer within ${TIMEOUT_MS / 1000} s.`);
      return { kind: "unreachable", detail: causeOf(error) };
    }
    return { kind: "answered", body: await readBody<Body>(response, url) };
  }

  return {
    url,
    get: (path) => request("GET", path),
    send: (method, path, body) => request(method, path, body),
  };
}

async function readBody<Body>(response: Response, url: string): Promise<Body> {
  const text = await response.text();
  const body = parseJson(text);
  if (response.ok && body !== undefined) return body as Body;
  if (response.status === 401 || response.status === 403) {
    throw new CommandFailure(`The gateway at ${url} wants its token: set FIGWAY_ADMIN_TOKEN to the gateway's own.`);
  }
  const detail = refusalText(body);
  if (detail !== undefined) throw new CommandFailure(detail);
  throw new CommandFailure(
    `What listens at ${url} answered ${response.status} and is no figway of this version; name the gateway with --admin URL.`,
  );
}

/** The sentence in a problem document (RFC 9457), or in `{ "error": "…" }`. */
function refusalText(body: unknown): string | undefined {
  if (typeof body !== "object" || body === null) return undefined;
  const { detail, error, title } = body as { detail?: unknown; error?: unknown; title?: unknown };
  return [detail, error, title].find((text): text is string => typeof text === "string");
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    // Not JSON: the caller says what that means.
    return undefined;
  }
}

function isTimeout(error: unknown): boolean {
  return error instanceof Error && error.name === "TimeoutError";
}

/** fetch wraps what happened to the socket in "fetch failed". */
function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error
    ? error.cause.message || String((error.cause as NodeJS.ErrnoException).code)
    : error.message;
}
