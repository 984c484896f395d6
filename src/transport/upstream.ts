import { type BreakerConfig, DEFAULT_BREAKER, type UpstreamConfig } from "../config/schema/upstreams.ts";
import type { UpstreamFailure } from "../model/outcome.ts";
import { Breaker } from "./breaker.ts";
import { HealthCheck } from "./health-check.ts";
import type { Endpoint } from "./http1/connect-socket.ts";
import type { Exchange } from "./http1/exchange.ts";
import { Pool } from "./http1/pool.ts";
import { Ticker } from "./http1/ticker.ts";
import { signOf } from "./sign-of.ts";
import { upstreamEndpoint } from "./upstream-endpoint.ts";

export interface UpstreamOptions {
  /** Its name in routes.json. */
  readonly name: string;
  readonly config: UpstreamConfig;
  /** Monotonic milliseconds. Default: those since the process began. */
  readonly clock?: () => number;
  /** What file names in the configuration are relative to. Default: the working directory. */
  readonly folder?: string;
}

/** How an upstream does, for `/status`. */
export interface UpstreamStatus {
  readonly name: string;
  /** `ejected`: nothing is sent. `probing`: one request at a time tries whether it is back. */
  readonly health: "up" | "probing" | "ejected";
  /** Connections that are open or being opened. */
  readonly connections: number;
  readonly idleConnections: number;
  /** Exchanges that wait for a connection. */
  readonly queued: number;
  readonly consecutiveFailures: number;
  /** The newest failure that was the upstream's own, in words. */
  readonly lastFailure: string | undefined;
}

/** An upstream for which nobody else can step in is asked each time. */
const NEVER: BreakerConfig = { ...DEFAULT_BREAKER, consecutiveFailures: 0 };

const WAIT_FOR_EMPTY_MS = 50;

/** An upstream at work: its connections, its health, its limits. Made with `createUpstream`. */
export class Upstream {
  readonly name: string;
  readonly limits: UpstreamConfig;
  readonly clock: () => number;
  readonly ticker: Ticker;
  readonly endpoint: Endpoint;
  /** `host[:port]` of the base URL. */
  readonly authority: string;
  readonly pool: Pool;
  readonly #breaker: Breaker;
  readonly #check: HealthCheck | undefined;
  #lastFailure: string | undefined;

  constructor(options: UpstreamOptions) {
    const { name, config, clock = () => performance.now(), folder = "." } = options;
    this.name = name;
    this.limits = config;
    this.clock = clock;
    this.ticker = new Ticker(clock);
    this.endpoint = upstreamEndpoint(config, folder);
    this.authority = new URL(config.url).host;
    this.pool = new Pool({ endpoint: this.endpoint, limits: config, clock, ticker: this.ticker });
    this.#breaker = new Breaker(config.breaker ?? NEVER);
    if (config.check === undefined) return;
    this.#check = new HealthCheck({ ...config.check, authority: this.authority, pool: this.pool, clock });
    this.ticker.add(this.#check);
  }

  /** Sends an exchange, or fails it at once where the upstream is ejected. What becomes of it is told through `observe`. */
  dispatch(exchange: Exchange): void {
    if (this.#check?.healthy !== false && (this.#breaker.closed || this.#breaker.admits(this.clock()))) {
      this.pool.dispatch(exchange);
      return;
    }
    const detail = `the upstream is ejected: ${this.#lastFailure ?? "its health check fails"}`;
    exchange.onFailure({ phase: "connect", party: "gateway", code: "ejected", detail });
  }

  /** Told once of every exchange: how it failed, or undefined where it was answered. */
  observe(failure: UpstreamFailure | undefined): void {
    if (failure?.code === "ejected" || (failure === undefined && this.#breaker.calm)) return;
    if (failure?.party === "upstream") this.#lastFailure = `${failure.code}: ${failure.detail}`;
    this.#breaker.record(signOf(failure), this.clock());
  }

  status(): UpstreamStatus {
    const { open, idle, queued } = this.pool.counts;
    const state = this.#breaker.state(this.clock());
    const isWell = this.#check?.healthy !== false;
    return {
      name: this.name,
      health: !isWell || state === "open" ? "ejected" : state === "half-open" ? "probing" : "up",
      connections: open,
      idleConnections: idle,
      queued,
      consecutiveFailures: this.#breaker.consecutive,
      lastFailure: this.#lastFailure,
    };
  }

  /** Takes no connection into use again, and resolves once the last exchange has ended. Cuts nothing. */
  async close(): Promise<void> {
    if (this.#check !== undefined) this.ticker.delete(this.#check);
    this.pool.drain();
    while (!this.pool.empty) await new Promise((resolve) => setTimeout(resolve, WAIT_FOR_EMPTY_MS));
    this.pool.destroy();
  }
}

/** An upstream for a validated configuration. Throws where a TLS file cannot be read. */
export function createUpstream(options: UpstreamOptions): Upstream {
  return new Upstream(options);
}
