import type { UpstreamFailure } from "../../model/outcome.ts";
import type { Endpoint } from "./connect-socket.ts";
import { Connection, type ConnectionOwner } from "./connection.ts";
import type { Exchange } from "./exchange.ts";
import type { Ticker } from "./ticker.ts";

export interface PoolLimits {
  readonly maxConnections: number;
  /** How many exchanges may wait for a connection. */
  readonly maxQueued: number;
  readonly queueTimeoutMs: number;
  readonly connectTimeoutMs: number;
  /** How long an unused connection is kept, where the upstream does not name a shorter time. */
  readonly keepAliveTimeoutMs: number;
}

export interface PoolOptions {
  readonly endpoint: Endpoint;
  readonly limits: PoolLimits;
  /** Monotonic milliseconds. */
  readonly clock: () => number;
  readonly ticker: Ticker;
}

interface Waiter {
  readonly exchange: Exchange;
  readonly deadlineMs: number;
}

/**
 * A request that may not be sent twice gets no connection that has been idle for longer: the longer it idled, the likelier
 * the upstream is just closing it, and then nobody can say whether the request was carried out.
 */
const FRESH_ENOUGH_MS = 1_000;
/** How much sooner than the upstream's own `Keep-Alive: timeout=` a connection is given up. */
const KEEP_ALIVE_MARGIN_MS = 1_000;

/** The connections to one upstream: the most recently used first, a bounded number, and a short bounded queue. */
export class Pool implements ConnectionOwner {
  readonly #options: PoolOptions;
  readonly #all = new Set<Connection>();
  /** The exchanges whose connection is being made. */
  readonly #connecting = new Map<Connection, Exchange>();
  readonly #idle: Connection[] = [];
  #waiting: Waiter[] = [];
  #resent = new WeakSet<Exchange>();
  #draining = false;

  constructor(options: PoolOptions) {
    this.#options = options;
    this.#options.ticker.add(this);
  }

  get counts(): { readonly open: number; readonly idle: number; readonly queued: number } {
    return { open: this.#all.size, idle: this.#idle.length, queued: this.#waiting.length };
  }

  /** Sends the exchange as soon as there is a connection for it. Every failure reaches it through `onFailure`. */
  dispatch(exchange: Exchange): void {
    const connection = this.#takeIdle(exchange.replayable);
    if (connection !== undefined) connection.start(exchange);
    else if (this.#all.size < this.#options.limits.maxConnections) this.#connect(exchange);
    else this.#enqueue(exchange);
  }

  /** The exchange is no longer wanted, and no connection was given to it yet. */
  cancel(exchange: Exchange): void {
    this.#waiting = this.#waiting.filter((waiter) => waiter.exchange !== exchange);
    for (const [connection, waiting] of this.#connecting) {
      if (waiting !== exchange) continue;
      this.#connecting.delete(connection);
      connection.destroy();
    }
  }

  /** Closes idle connections now and each other one after its exchange. */
  drain(): void {
    this.#draining = true;
    for (const connection of this.#idle.slice()) connection.destroy();
  }

  destroy(): void {
    this.drain();
    for (const connection of Array.from(this.#all))
      connection.fail("response-head", "connection-lost", "the upstream was closed");
    for (const { exchange } of this.#waiting.splice(0)) exchange.onFailure(overloaded("the upstream was closed"));
    this.#options.ticker.delete(this);
  }

  get empty(): boolean {
    return this.#all.size === 0 && this.#waiting.length === 0;
  }

  onOpen(connection: Connection): void {
    const exchange = this.#connecting.get(connection);
    this.#connecting.delete(connection);
    if (exchange === undefined) this.onFree(connection);
    else connection.start(exchange);
  }

  onFree(connection: Connection): void {
    const next = this.#waiting.shift();
    if (next !== undefined) connection.start(next.exchange);
    else if (this.#draining) connection.destroy();
    else {
      connection.idleSinceMs = this.#options.clock();
      this.#idle.push(connection);
    }
  }

  onClosed(connection: Connection): void {
    this.#all.delete(connection);
    const at = this.#idle.indexOf(connection);
    if (at !== -1) this.#idle.splice(at, 1);
    const exchange = this.#connecting.get(connection);
    this.#connecting.delete(connection);
    const next = this.#waiting.shift();
    if (next !== undefined) this.#connect(next.exchange);
    exchange?.onFailure({
      phase: "connect",
      party: "upstream",
      code: "connect-failed",
      detail: connection.errorText ?? "the connection could not be made",
    });
  }

  onExchangeFailed(exchange: Exchange, failure: UpstreamFailure, how: { readonly resendable: boolean }): void {
    if (!how.resendable || !exchange.replayable || this.#resent.has(exchange)) {
      exchange.onFailure(failure);
      return;
    }
    // Once, and on a new connection: the other idle ones are as likely to be dead.
    this.#resent.add(exchange);
    this.#connect(exchange);
  }

  /** Called by the ticker. The exchanges are reached from here: a list of their own would change with every request. */
  onTick(nowMs: number): void {
    for (const connection of this.#all) connection.exchange?.onTick(nowMs);
    for (const [connection, exchange] of this.#connecting) {
      if (nowMs >= connection.connectDeadlineMs) this.#timeOutConnect(connection);
      else exchange.onTick(nowMs);
    }
    while (this.#waiting[0] !== undefined && nowMs >= this.#waiting[0].deadlineMs) {
      this.#waiting.shift()?.exchange.onFailure(overloaded("no connection became free in time"));
    }
    for (const { exchange } of this.#waiting.slice()) exchange.onTick(nowMs);
    for (const connection of this.#idle.filter((idle) => nowMs - idle.idleSinceMs >= this.#keepAliveMsOf(idle))) {
      connection.destroy();
    }
  }

  #timeOutConnect(connection: Connection): void {
    const exchange = this.#connecting.get(connection);
    this.#connecting.delete(connection);
    connection.destroy();
    const detail = `no connection within ${this.#options.limits.connectTimeoutMs} ms`;
    exchange?.onFailure({ phase: "connect", party: "upstream", code: "connect-timeout", detail });
  }

  #takeIdle(replayable: boolean): Connection | undefined {
    let connection = this.#idle.pop();
    if (connection === undefined) return undefined;
    const nowMs = this.#options.clock();
    while (connection !== undefined) {
      const idleMs = nowMs - connection.idleSinceMs;
      if (idleMs < this.#keepAliveMsOf(connection) && (replayable || idleMs < FRESH_ENOUGH_MS)) return connection;
      connection.destroy();
      connection = this.#idle.pop();
    }
    return undefined;
  }

  #keepAliveMsOf(connection: Connection): number {
    const own = this.#options.limits.keepAliveTimeoutMs;
    if (connection.keepAliveSeconds === undefined) return own;
    return Math.min(own, Math.max(0, connection.keepAliveSeconds * 1_000 - KEEP_ALIVE_MARGIN_MS));
  }

  #connect(exchange: Exchange): void {
    const connection = new Connection(this.#options.endpoint, this);
    connection.connectDeadlineMs = this.#options.clock() + this.#options.limits.connectTimeoutMs;
    this.#all.add(connection);
    this.#connecting.set(connection, exchange);
  }

  #enqueue(exchange: Exchange): void {
    const { maxQueued, queueTimeoutMs } = this.#options.limits;
    if (this.#waiting.length >= maxQueued) {
      exchange.onFailure(overloaded("all connections are in use, and the queue is full"));
      return;
    }
    this.#waiting.push({ exchange, deadlineMs: this.#options.clock() + queueTimeoutMs });
  }
}

function overloaded(detail: string): UpstreamFailure {
  return { phase: "connect", party: "gateway", code: "overloaded", detail };
}
