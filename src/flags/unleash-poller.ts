import { randomUUID } from "node:crypto";
import { hostname } from "node:os";
import type { UnleashFlagsConfig } from "../config/schema/flags.ts";
import type { UnleashAnswer, UnleashApi } from "./unleash-api.ts";
import { readUnleashFeatures, type UnleashFeatures } from "./unleash-features.ts";

/** What one question to Unleash came to. A failure is one line for the operator, without secrets. */
export type PollResult =
  | { readonly kind: "changed"; readonly flags: UnleashFeatures; readonly etag: string | undefined }
  | { readonly kind: "unchanged" }
  | { readonly kind: "failed"; readonly error: string };

/** The client specification whose constraint operators and inline segments unleash-client 6.12 understands. */
const CLIENT_SPEC = "5.2.0";
/** The longest pause after failures, in milliseconds, unless the configured interval is longer. */
const MAX_RETRY_PAUSE_MS = 2_000;

/**
 * Asks Unleash for its flags at the configured interval, with a conditional GET.
 *
 * It stands in for unleash-client's own repository, which (6.12.1, lib/repository/polling-fetcher.js) never asks again after
 * a single 401 or 403, cannot be told to ask at once, sets its timer anew after `stop`, and overwrites its backup in place.
 */
export class UnleashPoller {
  readonly #api: UnleashApi;
  readonly #config: UnleashFlagsConfig;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #onResult: (result: PollResult) => void;
  #etag: string | undefined;
  #failures = 0;
  #timer: NodeJS.Timeout | undefined;
  #inFlight: Promise<void> | undefined;
  #closed = false;

  constructor(api: UnleashApi, config: UnleashFlagsConfig, onResult: (result: PollResult) => void) {
    this.#api = api;
    this.#config = config;
    this.#onResult = onResult;
    this.#headers = {
      "unleash-appname": config.appName,
      "unleash-instanceid": `${hostname()}-${process.pid}`,
      "unleash-connection-id": randomUUID(),
      "unleash-interval": String(config.refreshIntervalMs),
      "unleash-client-spec": CLIENT_SPEC,
    };
  }

  /** Asks now, after the question that is on its way; never rejects. Afterwards the interval starts anew. */
  async refresh(): Promise<void> {
    while (this.#inFlight !== undefined) await this.#inFlight;
    if (this.#closed) return;
    clearTimeout(this.#timer);
    this.#inFlight = this.#poll();
    await this.#inFlight;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#inFlight;
  }

  async #poll(): Promise<void> {
    const result = await this.#ask();
    this.#inFlight = undefined;
    if (this.#closed) return;
    const isTaken = this.#report(result);
    this.#failures = isTaken ? 0 : this.#failures + 1;
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.refresh(), this.#pauseMs());
    this.#timer.unref();
  }

  /** Whether Unleash's answer is in force now. Only then is its validator sent: a 304 would confirm flags that nobody has. */
  #report(result: PollResult): boolean {
    try {
      this.#onResult(result);
      if (result.kind === "changed") this.#etag = result.etag;
      return result.kind !== "failed";
    } catch (error) {
      this.#onResult({ kind: "failed", error: `The flags of Unleash cannot be read: ${reasonOf(error)}.` });
      return false;
    }
  }

  /** Doubled by each failure, up to the longest pause. */
  #pauseMs(): number {
    const interval = this.#config.refreshIntervalMs;
    return Math.min(interval * 2 ** Math.min(this.#failures, 16), Math.max(interval, MAX_RETRY_PAUSE_MS));
  }

  async #ask(): Promise<PollResult> {
    const condition = this.#etag === undefined ? {} : { "if-none-match": this.#etag };
    try {
      const answer = await this.#api.call({
        method: "GET",
        path: "/client/features",
        token: this.#config.token,
        headers: { ...this.#headers, ...condition },
      });
      return this.#read(answer);
    } catch (error) {
      return { kind: "failed", error: `Unleash cannot be reached: ${reasonOf(error)}.` };
    }
  }

  #read({ status, etag, body }: UnleashAnswer): PollResult {
    if (status === 304) return { kind: "unchanged" };
    if (status === 401 || status === 403) {
      return {
        kind: "failed",
        error: `Unleash refuses the token (${status}): set flags.token to a backend token of its.`,
      };
    }
    if (status < 200 || status > 299)
      return { kind: "failed", error: `Unleash answered ${status} to /client/features.` };
    const flags = readUnleashFeatures(body);
    if (flags === undefined) {
      return {
        kind: "failed",
        error: "The answer is not one of Unleash: flags.url must be its API, as http://host:4242/api.",
      };
    }
    return { kind: "changed", flags: { ...flags, revision: flags.revision ?? etag }, etag };
  }
}

function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return "its answer is not JSON";
  if (error instanceof Error && error.name === "TimeoutError") return "no answer within 5 s";
  const { code, message } = error as { code?: unknown; message?: unknown };
  return String(typeof code === "string" && code !== "" ? code : message).split("\n", 1)[0] as string;
}
