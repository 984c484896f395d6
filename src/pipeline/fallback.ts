import type { GatewayErrorCode } from "../model/gateway-error.ts";
import { GatewayError } from "../model/gateway-error.ts";
import type { FailedOutcome, FailureCode, Outcome } from "../model/outcome.ts";
import { firstFieldValue } from "../model/raw-headers.ts";
import type { RouteConfig } from "../config/schema/routes.ts";
import type { Decision } from "../model/decision.ts";
import type { Exchange } from "./exchange.ts";
import { isSafe } from "./methods.ts";

/**
 * Whether legacy may answer instead (law 4): the route says so, modern failed by its own fault before a byte of an answer went out,
 * the method is safe, and no request body was consumed.
 */
export function mayFallBack(
  exchange: Exchange,
  route: RouteConfig,
  decision: Decision,
  outcome: Outcome,
): outcome is FailedOutcome {
  return (
    outcome.kind === "failed" &&
    !outcome.responseStarted &&
    outcome.failure.party !== "client" &&
    decision.side === "modern" &&
    route.fallback === "legacy" &&
    isSafe(exchange.method) &&
    firstFieldValue(exchange.headers, "transfer-encoding") === undefined &&
    (firstFieldValue(exchange.headers, "content-length") ?? "0") === "0"
  );
}

/** What the client is told of an exchange that failed before its first byte; nothing when the client itself is gone. */
export function refusalOf(outcome: FailedOutcome): GatewayError | undefined {
  if (outcome.responseStarted || outcome.failure.code === "client-gone") return undefined;
  const { code, retryAfterSeconds } = ANSWERS[outcome.failure.code];
  const { phase, party, detail } = outcome.failure;
  const text = `${outcome.upstream}: ${outcome.failure.code} in phase ${phase} by ${party}: ${detail}`;
  return new GatewayError(code, text, retryAfterSeconds === undefined ? {} : { retryAfterSeconds });
}

const ANSWERS: Record<FailureCode, { code: GatewayErrorCode; retryAfterSeconds?: number }> = {
  "connect-failed": { code: "bad-gateway" },
  "connect-timeout": { code: "gateway-timeout" },
  "first-byte-timeout": { code: "gateway-timeout" },
  "idle-timeout": { code: "gateway-timeout" },
  "total-timeout": { code: "gateway-timeout" },
  "connection-lost": { code: "bad-gateway" },
  "invalid-response": { code: "bad-gateway" },
  "truncated-response": { code: "bad-gateway" },
  "client-gone": { code: "bad-request" },
  "client-timeout": { code: "request-timeout" },
  "body-too-large": { code: "body-too-large" },
  overloaded: { code: "unavailable", retryAfterSeconds: 1 },
  ejected: { code: "unavailable", retryAfterSeconds: 1 },
  internal: { code: "internal" },
};
