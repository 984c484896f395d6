/** What the load generator is asked over IPC, and what it answers. */
export interface MeasureRequest {
  readonly kind: "measure";
  readonly port: number;
  /** Whole requests as they go over the wire, in lists; each connection keeps to one list, in turn, and sends it round and round. */
  readonly requests: readonly (readonly string[])[];
  readonly connections: number;
  /** Requests per second over all connections; undefined: each connection sends as soon as it was answered. */
  readonly ratePerSecond: number | undefined;
  /** Load before the window that is counted. */
  readonly warmMs: number;
  readonly windowMs: number;
  /** The processes whose CPU time is taken at both edges of the window, with all that descend from them. */
  readonly pids: readonly number[];
}

export interface MeasureAnswer {
  readonly responses: number;
  /** Answers other than 200, and connections lost. */
  readonly failures: number;
  readonly elapsedMs: number;
  readonly cpuUs: number;
  readonly p50Us: number;
  readonly p99Us: number;
}

export interface HoldRequest {
  readonly kind: "hold";
  readonly port: number;
  readonly count: number;
  /** Sent once on each connection, which then stays open and idle. */
  readonly request: string;
}

export interface HoldAnswer {
  /** How many connections were answered and are open. */
  readonly held: number;
  /** Why not all of them, in words. */
  readonly problem: string | undefined;
}

export interface ReleaseRequest {
  readonly kind: "release";
}
