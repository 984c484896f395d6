import type { UpstreamFailure } from "../model/outcome.ts";
import type { Sign } from "./breaker.ts";

/** What a failure says of its upstream's health. */
export function signOf(failure: UpstreamFailure | undefined): Sign {
  if (failure === undefined) return "answered";
  switch (failure.code) {
    case "connect-failed":
    case "connect-timeout":
    case "first-byte-timeout":
      return "unreachable";
    case "connection-lost":
    case "invalid-response":
      return failure.phase === "response-body" ? "answered" : "broken";
    case "truncated-response":
      return "answered";
    case "idle-timeout":
      return failure.phase === "request" ? "broken" : "answered";
    case "total-timeout":
    case "client-gone":
    case "client-timeout":
    case "body-too-large":
    case "overloaded":
    case "ejected":
    case "internal":
      return "neutral";
    default:
      return failure.code satisfies never;
  }
}
