import type { UpstreamFailure } from "../model/outcome.ts";
import type { Connection } from "./http1/connection.ts";
import type { Exchange } from "./http1/exchange.ts";
import type { ResponseHead } from "./http1/parse-head.ts";
import type { Pool } from "./http1/pool.ts";
import type { Ticking } from "./http1/ticker.ts";

export interface HealthCheckOptions {
  readonly path: string;
  readonly authority: string;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly unhealthyAfter: number;
  readonly healthyAfter: number;
  readonly pool: Pool;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
}

/** Asks an upstream at intervals whether it is well. Healthy until shown otherwise. */
export class HealthCheck implements Ticking {
  healthy = true;
  readonly #options: HealthCheckOptions;
  #nextAtMs: number;
  #run: CheckExchange | undefined;
  /** Results in a row that speak against `healthy`. */
  #contrary = 0;

  constructor(options: HealthCheckOptions) {
    this.#options = options;
    this.#nextAtMs = options.clock();
  }

  onTick(nowMs: number): void {
    if (this.#run !== undefined) {
      if (nowMs >= this.#run.deadlineMs) this.#run.abort();
      return;
    }
    if (nowMs < this.#nextAtMs) return;
    const { intervalMs, timeoutMs, path, authority, pool } = this.#options;
    this.#nextAtMs = nowMs + intervalMs;
    const head = `GET ${path} HTTP/1.1\r\nHost: ${authority}\r\nUser-Agent: figway-health-check\r\n\r\n`;
    this.#run = new CheckExchange({ head, pool, deadlineMs: nowMs + timeoutMs, done: (well) => this.#record(well) });
    pool.dispatch(this.#run);
  }

  #record(well: boolean): void {
    this.#run = undefined;
    if (well === this.healthy) {
      this.#contrary = 0;
      return;
    }
    const { healthyAfter, unhealthyAfter } = this.#options;
    if (++this.#contrary < (well ? healthyAfter : unhealthyAfter)) return;
    this.healthy = well;
    this.#contrary = 0;
  }
}

interface CheckExchangeOptions {
  readonly head: string;
  readonly pool: Pool;
  readonly deadlineMs: number;
  readonly done: (well: boolean) => void;
}

/** One question and its answer, whose body is read and forgotten. */
class CheckExchange implements Exchange {
  readonly method = "GET";
  readonly replayable = true;
  readonly #options: CheckExchangeOptions;
  #connection: Connection | undefined;
  #status = 0;
  #over = false;

  constructor(options: CheckExchangeOptions) {
    this.#options = options;
  }

  get deadlineMs(): number {
    return this.#options.deadlineMs;
  }

  abort(): void {
    if (this.#connection === undefined) this.#options.pool.cancel(this);
    else this.#connection.destroy();
    this.#finish(false);
  }

  onConnection(connection: Connection): void {
    this.#connection = connection;
    connection.write(this.#options.head);
    connection.requestWritten();
  }

  onHead(head: ResponseHead): void {
    this.#status = head.status;
  }

  onEnd(): void {
    this.#finish(this.#status >= 200 && this.#status < 400);
  }

  onFailure(_failure: UpstreamFailure): void {
    this.#finish(false);
  }

  onInformation(): void {}
  onBody(): void {}
  onReadDone(): void {}
  onDrain(): void {}
  onTick(): void {}

  #finish(well: boolean): void {
    if (this.#over) return;
    this.#over = true;
    this.#options.done(well);
  }
}
