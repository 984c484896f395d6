import type { Outcome } from "../model/outcome.ts";
import { ForwardExchange, type ForwardOptions } from "./forward-exchange.ts";

/**
 * Sends `outbound` with the body of `request` to `upstream`, and the answer to `client`, both streamed. Resolves once the answer
 * has been handed over, or with what failed; never rejects. Where `responseStarted` is false in a failure, `client` is untouched
 * and the caller may answer; where it is true, the client's connection has been cut.
 */
export function forward(options: ForwardOptions): Promise<Outcome> {
  return new Promise((resolve) => new ForwardExchange(options, resolve).start());
}
