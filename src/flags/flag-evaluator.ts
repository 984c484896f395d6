import { Unleash } from "unleash-client";
import type { Context } from "unleash-client";
import type { UnleashConfig } from "unleash-client";
import type { FlagAnswer, FlagContext } from "../model/decision.ts";
import type { FlagRepository } from "./flag-repository.ts";
import type { FlagChange, FlagChangeListener, FlagLog, FlagSummary } from "./flag-source.ts";

/** Where the evaluator reports how often flags were asked; absent: nowhere. */
export type UsageReport = Pick<UnleashConfig, "url" | "appName" | "customHeaders" | "httpOptions" | "environment">;

/** What both sources have in common: unleash-client over a repository of ours, and the listeners to changes. */
export class FlagEvaluator {
  readonly #repository: FlagRepository;
  readonly #unleash: Unleash;
  readonly #log: FlagLog;
  readonly #listeners = new Set<FlagChangeListener>();
  readonly #complained = new Set<string>();

  constructor(repository: FlagRepository, log: FlagLog, usage?: UsageReport) {
    this.#repository = repository;
    this.#log = log;
    this.#unleash = new Unleash({
      // Never called without a usage report, but unleash-client insists on an address.
      url: "http://unleash.invalid/api",
      appName: "figway",
      ...usage,
      repository,
      disableMetrics: usage === undefined,
      metricsInterval: 60_000,
      timeout: 5_000,
      disableAutoStart: true,
      // The admin API, tests and reloads may hold several; the SDK's warning counts those that are closed.
      skipInstanceCountWarning: true,
    });
    this.#unleash.on("error", (error: unknown) => this.#complain(error));
    // Only usage reports warn: never worth more than a word to those who look for it.
    this.#unleash.on("warn", (warning: unknown) => log("debug", `flags: ${String(warning)}`));
    void this.#unleash.start();
  }

  evaluate(flag: string, context: FlagContext): FlagAnswer {
    if (!this.#repository.loaded) return "not-loaded";
    if (!this.#repository.entries.has(flag)) return "unknown";
    try {
      return this.#unleash.isEnabled(flag, toUnleashContext(context)) ? "on" : "off";
    } catch (error) {
      // A definition that unleash-client cannot digest: law 1, legacy serves.
      this.#complain(new Error(`flag ${flag} cannot be evaluated: ${error instanceof Error ? error.message : error}`));
      return "unknown";
    }
  }

  needsBucket(flag: string): boolean {
    return this.#repository.entries.get(flag)?.needsBucket ?? false;
  }

  mayBeOn(flag: string): boolean {
    return this.#repository.entries.get(flag)?.enabled ?? false;
  }

  list(source: FlagSummary["source"]): readonly FlagSummary[] {
    return [...this.#repository.entries]
      .map(([name, { enabled, summary }]) => ({ name, enabled, summary, source }))
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  onChange(listener: FlagChangeListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  announce(changes: readonly FlagChange[]): void {
    if (changes.length === 0) return;
    for (const listener of this.#listeners) {
      try {
        listener(changes);
      } catch (error) {
        this.#log("error", "a listener to flag changes failed", { error: String(error) });
      }
    }
  }

  close(): void {
    this.#listeners.clear();
    this.#unleash.destroy();
  }

  /** Evaluation and usage reports may fail on every request; the log hears of each failure once. */
  #complain(cause: unknown): void {
    const message = (cause instanceof Error ? cause.message : String(cause)).split("\n", 1)[0] as string;
    if (this.#complained.has(message) || this.#complained.size >= 100) return;
    this.#complained.add(message);
    this.#log("warn", `flags: ${message}`);
  }
}

/**
 * `bucket` stands beside the properties, not among them: unleash-client looks there first, so that no property can pose as it.
 * Where there is no session yet the bucket stands in for it: unleash-client's default stickiness would else draw lots anew
 * for each request of an anonymous visitor.
 */
function toUnleashContext(context: FlagContext): Context {
  return {
    userId: context.userId,
    sessionId: context.sessionId ?? context.bucket,
    remoteAddress: context.remoteAddress,
    bucket: context.bucket,
    properties: context.properties,
  } as Context;
}
