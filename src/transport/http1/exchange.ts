import type { UpstreamFailure } from "../../model/outcome.ts";
import type { Connection } from "./connection.ts";
import type { ResponseHandler } from "./response-parser.ts";

/** One request and its answer, as the pool and the connection see it. All calls come in the order of the protocol. */
export interface Exchange extends ResponseHandler {
  readonly method: string;
  /** Whether the request may be sent once more when a reused connection dies before a byte of answer (RFC 9110 §9.2.2). */
  readonly replayable: boolean;
  /** An open connection is there: write the request to it. Called again where the request is sent once more. */
  onConnection(connection: Connection): void;
  /** What one read brought has been handed over: flush what was gathered. */
  onReadDone(): void;
  /** The connection takes more of the request body. */
  onDrain(): void;
  /** Called now and then while the exchange waits for a connection or has one. */
  onTick(nowMs: number): void;
  /** The exchange failed. Nothing is called after it. */
  onFailure(failure: UpstreamFailure): void;
}
