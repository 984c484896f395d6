import type { FailureCode, FailureParty, FailurePhase } from "../model/outcome.ts";

/** Where an exchange stands: what it waits for decides which deadline counts and whose fault a delay is. */
export type ExchangePhase = "connect" | "request" | "first-byte" | "answer" | "flush" | "over";

export interface ExchangeProgress {
  readonly phase: ExchangePhase;
  /** Milliseconds since anything moved: for `first-byte`, since the request was complete. */
  readonly quietMs: number;
  readonly firstByteTimeoutMs: number;
  readonly idleTimeoutMs: number;
  /** Who is to move next where a body is under way. */
  readonly waitsFor: "client" | "upstream";
}

export interface Overdue {
  readonly phase: FailurePhase;
  readonly party: FailureParty;
  readonly code: FailureCode;
  readonly detail: string;
}

/** Which deadline an exchange has missed, if any. Connecting and queueing are the pool's to watch. */
export function overdue(progress: ExchangeProgress): Overdue | undefined {
  const { phase, quietMs, firstByteTimeoutMs, idleTimeoutMs, waitsFor } = progress;
  if (phase === "connect" || phase === "over") return undefined;
  if (phase === "first-byte") {
    if (quietMs < firstByteTimeoutMs) return undefined;
    const detail = `no answer within ${firstByteTimeoutMs} ms of the end of the request`;
    return { phase: "response-head", party: "upstream", code: "first-byte-timeout", detail };
  }
  if (quietMs < idleTimeoutMs) return undefined;
  const bodyPhase = phase === "request" ? "request" : "response-body";
  if (waitsFor === "client") {
    const detail = `the client neither sent nor took anything for ${idleTimeoutMs} ms`;
    return { phase: bodyPhase, party: "client", code: "client-timeout", detail };
  }
  const detail = `the upstream neither sent nor took anything for ${idleTimeoutMs} ms`;
  return { phase: bodyPhase, party: "upstream", code: "idle-timeout", detail };
}
