import { Agent, type Dispatcher, EnvHttpProxyAgent, request } from "undici";

/** How long Unleash may take for one answer, in milliseconds. */
const REQUEST_TIMEOUT_MS = 5_000;
/** 64 MiB: some hundred times a large installation's flags. An answer is held in memory as a whole. */
const MAX_ANSWER_BYTES = 67_108_864;

export interface UnleashAnswer {
  readonly status: number;
  readonly etag: string | undefined;
  /** The parsed JSON body of a 2xx answer, else undefined. */
  readonly body: unknown;
  /** The message of a refusal, where Unleash gave one. */
  readonly refusal: string | undefined;
}

export interface UnleashCall {
  readonly method: "GET" | "POST" | "PUT";
  /** Below the API's base URL, as `/client/features`. */
  readonly path: string;
  readonly token: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

export interface UnleashApi {
  /** Rejects when there is no complete answer within 5 s; any status is an answer. */
  call(call: UnleashCall): Promise<UnleashAnswer>;
  /** Cuts calls in flight and closes the connections. */
  close(): Promise<void>;
}

/** HTTP to one Unleash server (or Edge), over connections of its own and through the environment's proxy where there is one. */
export function connectUnleash(baseUrl: string, environment: Readonly<Record<string, string | undefined>>): UnleashApi {
  const base = new URL(baseUrl);
  const origin = base.origin;
  const prefix = base.pathname.replace(/\/$/, "");
  const dispatcher = createDispatcher(base.hostname, environment);
  const closing = new AbortController();
  return {
    call: (call) => send(`${origin}${prefix}${call.path}`, call, dispatcher, closing.signal),
    close: async () => {
      closing.abort();
      await dispatcher.destroy();
    },
  };
}

/** An Unleash on this machine is never reached through a proxy. */
export function isLoopback(hostname: string): boolean {
  return hostname === "localhost" || hostname === "[::1]" || hostname.startsWith("127.");
}

function createDispatcher(hostname: string, environment: Readonly<Record<string, string | undefined>>): Dispatcher {
  const limits = { connections: 4, maxResponseSize: MAX_ANSWER_BYTES, connect: { timeout: REQUEST_TIMEOUT_MS } };
  if (isLoopback(hostname)) return new Agent(limits);
  return new EnvHttpProxyAgent({
    ...limits,
    httpProxy: environment["http_proxy"] ?? environment["HTTP_PROXY"] ?? "",
    httpsProxy: environment["https_proxy"] ?? environment["HTTPS_PROXY"] ?? "",
    noProxy: environment["no_proxy"] ?? environment["NO_PROXY"] ?? "",
  });
}

async function send(
  url: string,
  call: UnleashCall,
  dispatcher: Dispatcher,
  closing: AbortSignal,
): Promise<UnleashAnswer> {
  const { statusCode, headers, body } = await request(url, {
    method: call.method,
    headers: {
      ...call.headers,
      accept: "application/json",
      authorization: call.token,
      ...(call.body === undefined ? {} : { "content-type": "application/json" }),
    },
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
    dispatcher,
    signal: AbortSignal.any([closing, AbortSignal.timeout(REQUEST_TIMEOUT_MS)]),
  });
  const text = await body.text();
  const isSuccess = statusCode >= 200 && statusCode < 300;
  return {
    status: statusCode,
    etag: typeof headers.etag === "string" ? headers.etag : undefined,
    body: isSuccess && text !== "" ? JSON.parse(text) : undefined,
    refusal: isSuccess ? undefined : refusalIn(text),
  };
}

function refusalIn(text: string): string | undefined {
  try {
    const { message, details } = JSON.parse(text) as { message?: unknown; details?: { message?: unknown }[] };
    const said = details?.[0]?.message ?? message;
    return typeof said === "string" ? said.split("\n", 1)[0] : undefined;
  } catch {
    // Not Unleash's own answer but a balancer's page: the status says enough.
    return undefined;
  }
}
