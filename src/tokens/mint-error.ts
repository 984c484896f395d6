import { GatewayError, type GatewayErrorCode } from "../model/gateway-error.ts";

/**
 * - `token-too-large`: the claims do not fit into the budget; `claim` names the largest.
 * - `session-ended`: the session has less than a second to live, and no token may outlive it.
 */
export type MintFailure = "token-too-large" | "session-ended";

const GATEWAY_CODES: Readonly<Record<MintFailure, GatewayErrorCode>> = {
  "token-too-large": "internal",
  "session-ended": "not-logged-in",
};

/** Why no token was made. A GatewayError, so that the pipeline answers it as it does every refusal. */
export class MintError extends GatewayError {
  readonly failure: MintFailure;
  readonly claim: string | undefined;

  constructor(failure: MintFailure, detail: string, claim?: string) {
    super(GATEWAY_CODES[failure], detail);
    this.name = "MintError";
    this.failure = failure;
    this.claim = claim;
  }
}
