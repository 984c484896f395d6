import type { UpstreamFailure } from "../model/outcome.ts";
import type { UpstreamConfig } from "../config/schema/upstreams.ts";
import { type Endpoint, makeEndpoint } from "./http1/connect-socket.ts";
import { Pool } from "./http1/pool.ts";
import { Ticker } from "./http1/ticker.ts";

export interface UpstreamOptions {
  readonly name: string;
  readonly config: UpstreamConfig;
  /** Monotonic milliseconds. Default: those since the process began. */
  readonly clock?: () => number;
}

export class Upstream {
  readonly name: string;
  readonly clock: () => number;
  readonly limits: UpstreamConfig;
  readonly authority: string;
  readonly endpoint: Endpoint;
  readonly pool: Pool;
  readonly ticker: Ticker;

  constructor(options: UpstreamOptions) {
    const { config } = options;
    const url = new URL(config.url);
    this.name = options.name;
    this.clock = options.clock ?? (() => performance.now());
    this.limits = config;
    this.authority = url.host;
    this.ticker = new Ticker(this.clock);
    this.endpoint = makeEndpoint(config);
    this.pool = new Pool({
      endpoint: this.endpoint,
      clock: this.clock,
      ticker: this.ticker,
      limits: {
        maxConnections: config.maxConnections,
        maxQueued: 100,
        queueTimeoutMs: 1000,
        connectTimeoutMs: config.connectTimeoutMs,
        keepAliveMs: 4000,
      },
    });
  }
  async close(): Promise<void> {
    this.pool.drain();
  }
  observe(_failure: UpstreamFailure | undefined, _status: number): void {}
}
export function createUpstream(options: UpstreamOptions): Upstream {
  return new Upstream(options);
}
