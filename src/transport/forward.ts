import type { IncomingMessage, ServerResponse } from "node:http";
import type { Outbound } from "../model/outbound.ts";
import type { Outcome } from "../model/outcome.ts";
import { Http1Client } from "./client-side.ts";
import { ForwardExchange } from "./forward-exchange.ts";
import { Http2Client } from "./http2-client.ts";
import { Http2Response } from "./inbound/http2/http2-response.ts";
import { requestFraming } from "./request-framing.ts";
import type { Upstream } from "./upstream.ts";

export interface ForwardOptions {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly outbound: Outbound;
  readonly upstream: Upstream;
}

/**
 * Sends `outbound` with the body of `request` to `upstream`, and the answer to `response`, both streamed. Resolves once the answer
 * has been handed over, or with what failed; never rejects. Where `responseStarted` is false in a failure, `response` is untouched
 * and the caller may answer; where it is true, the client's connection has been cut.
 */
export function forward(options: ForwardOptions): Promise<Outcome> {
  const { request, response, outbound, upstream } = options;
  return new Promise((resolve) => {
    const framing = requestFraming(request);
    const client = response instanceof Http2Response ? new Http2Client(response.stream) : new Http1Client(response);
    new ForwardExchange({ request, outbound, upstream, framing, client, resolve }).start();
  });
}
