/**
 * A closed list of the ways in which figway itself refuses a request. Each has one status (RFC 9110) and one public sentence;
 * the detail is for the log alone.
 */
export const GATEWAY_ERRORS = {
  "login-redirect": { status: 303, title: "You need to log in." },
  "bad-request": { status: 400, title: "The request could not be understood." },
  "bad-host": { status: 400, title: "The request names no valid host." },
  "ambiguous-framing": { status: 400, title: "The length of the request body is ambiguous." },
  "ambiguous-path": { status: 400, title: "The path can be read in more than one way." },
  "not-logged-in": { status: 401, title: "You need to log in." },
  "conflicting-credentials": { status: 401, title: "The request carries credentials that contradict each other." },
  "login-loop": { status: 401, title: "You were sent to log in again and again, and are still not logged in." },
  "missing-role": { status: 403, title: "You may not do this." },
  "cross-site-request": { status: 403, title: "The request came from another site." },
  "not-found": { status: 404, title: "There is nothing here." },
  "method-not-allowed": { status: 405, title: "This method is not supported." },
  "request-timeout": { status: 408, title: "The request took too long to arrive." },
  "body-too-large": { status: 413, title: "The request body is too large." },
  "target-too-long": { status: 414, title: "The address is too long." },
  "expectation-failed": { status: 417, title: "The expectation cannot be met." },
  "rate-limited": { status: 429, title: "Too many requests." },
  "fields-too-large": { status: 431, title: "The header fields are too large." },
  internal: { status: 500, title: "The gateway made a mistake." },
  "not-implemented": { status: 501, title: "The gateway does not support this." },
  "bad-gateway": { status: 502, title: "The application did not give a valid answer." },
  "identity-unknown": { status: 503, title: "Your session cannot be read just now." },
  unavailable: { status: 503, title: "The application cannot be reached just now." },
  "gateway-timeout": { status: 504, title: "The application took too long to answer." },
  "version-not-supported": { status: 505, title: "This version of HTTP is not supported." },
} as const satisfies Record<string, { status: number; title: string }>;

export type GatewayErrorCode = keyof typeof GATEWAY_ERRORS;

/** A refusal. `message` is the operator's text: what happened and, where there is one, what to do. */
export class GatewayError extends Error {
  readonly code: GatewayErrorCode;
  readonly status: number;
  /** Seconds for `Retry-After` (RFC 9110 §10.2.3); undefined: none is sent. */
  readonly retryAfterSeconds: number | undefined;
  /** Further fields of the answer: name, value, name, value, … */
  readonly fields: readonly string[];

  constructor(
    code: GatewayErrorCode,
    detail: string,
    options: { cause?: unknown; retryAfterSeconds?: number; fields?: readonly string[] } = {},
  ) {
    super(detail, options.cause === undefined ? {} : { cause: options.cause });
    this.name = "GatewayError";
    this.code = code;
    this.status = GATEWAY_ERRORS[code].status;
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.fields = options.fields ?? [];
  }
}
