import { Agent as HttpAgent } from "node:http";
import { Agent as HttpsAgent } from "node:https";
import { join, resolve } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import type { UnleashFlagsConfig } from "../config/schema/flags.ts";
import type { FlagAnswer, FlagContext } from "../model/decision.ts";
import { type FlagBackup, openFlagBackup } from "./flag-backup.ts";
import { FlagChangeError } from "./flag-change-error.ts";
import { FlagEvaluator } from "./flag-evaluator.ts";
import { FlagRepository } from "./flag-repository.ts";
import type {
  FlagChangeListener,
  FlagSource,
  FlagSourceOptions,
  FlagStatus,
  FlagSummary,
  FlagValue,
} from "./flag-source.ts";
import { connectUnleash, isLoopback, type UnleashApi } from "./unleash-api.ts";
import { hasValue, UnleashAdmin } from "./unleash-admin.ts";
import type { UnleashFeatures } from "./unleash-features.ts";
import { type PollResult, UnleashPoller } from "./unleash-poller.ts";

export type UnleashFlagSourceOptions = FlagSourceOptions & { readonly config: UnleashFlagsConfig };

/** How long a start waits for Unleash's first answer before it goes on with what is on disk, in milliseconds. */
const FIRST_ANSWER_MS = 3_000;
/** How long a change may take from the Admin API to the client API: Unleash's own revision timer is 1 s. */
const SERVED_WITHIN_MS = 10_000;
const SERVED_POLL_MS = 100;

export async function openUnleashFlagSource(options: UnleashFlagSourceOptions): Promise<FlagSource> {
  const source = new UnleashFlagSource(options);
  await source.open();
  return source;
}

class UnleashFlagSource implements FlagSource {
  readonly #options: UnleashFlagSourceOptions;
  readonly #now: () => number;
  readonly #environment: string | undefined;
  readonly #shownUrl: string;
  readonly #repository = new FlagRepository();
  readonly #evaluator: FlagEvaluator;
  readonly #api: UnleashApi;
  readonly #poller: UnleashPoller;
  readonly #backup: FlagBackup;
  readonly #usageAgent: HttpAgent;
  #loadedFrom: FlagStatus["loadedFrom"] = "none";
  #revision: string | undefined;
  #confirmedAtMs: number | undefined;
  #lastError: string | undefined;
  #backupFails = false;
  #saving: Promise<void> = Promise.resolve();
  #changing: Promise<unknown> = Promise.resolve();
  #closed = false;

  constructor(options: UnleashFlagSourceOptions) {
    const { config, environment, log } = options;
    const url = new URL(config.url);
    this.#options = options;
    this.#now = options.now ?? Date.now;
    this.#environment = environmentOf(config.token);
    this.#shownUrl = `${url.origin}${url.pathname}`;
    this.#api = connectUnleash(config.url, environment);
    this.#poller = new UnleashPoller(this.#api, config, (result) => this.#settle(result));
    this.#usageAgent = createUsageAgent(url, environment);
    this.#evaluator = new FlagEvaluator(this.#repository, log, {
      url: this.#shownUrl,
      appName: config.appName,
      environment: this.#environment ?? "default",
      customHeaders: { Authorization: config.token },
      httpOptions: { agent: () => this.#usageAgent },
    });
    const file = join(resolve(options.baseDir, options.stateDir), "unleash-flags.json");
    this.#backup = openFlagBackup(file, `${this.#shownUrl} ${this.#environment ?? ""}`.trim());
  }

  /** From disk first, so that nothing is lost by a slow server; then Unleash's answer, failure, or 3 s. */
  async open(): Promise<void> {
    await this.#restore();
    const waited = new AbortController();
    const limit = pause(FIRST_ANSWER_MS, undefined, { signal: waited.signal }).catch(() => undefined);
    await Promise.race([this.#poller.refresh(), limit]);
    waited.abort();
  }

  evaluate(flag: string, context: FlagContext): FlagAnswer {
    return this.#evaluator.evaluate(flag, context);
  }

  needsBucket(flag: string): boolean {
    return this.#evaluator.needsBucket(flag);
  }

  mayBeOn(flag: string): boolean {
    return this.#evaluator.mayBeOn(flag);
  }

  list(): readonly FlagSummary[] {
    return this.#evaluator.list("unleash");
  }

  status(): FlagStatus {
    return {
      source: "unleash",
      loaded: this.#repository.loaded,
      loadedFrom: this.#loadedFrom,
      revision: this.#revision,
      ageMs: this.#confirmedAtMs === undefined ? undefined : Math.max(0, this.#now() - this.#confirmedAtMs),
      lastError: this.#lastError,
      detail: this.#detail(),
    };
  }

  set(flag: string, value: FlagValue): Promise<void> {
    const turn = this.#changing.then(() => this.#change(flag, value));
    this.#changing = turn.catch(() => undefined);
    return turn;
  }

  refresh(): Promise<void> {
    return this.#poller.refresh();
  }

  onChange(listener: FlagChangeListener): () => void {
    return this.#evaluator.onChange(listener);
  }

  async close(): Promise<void> {
    this.#closed = true;
    const polling = this.#poller.close();
    await this.#api.close();
    await polling;
    await Promise.all([this.#changing, this.#saving]);
    this.#evaluator.close();
    this.#usageAgent.destroy();
  }

  async #restore(): Promise<void> {
    try {
      const saved = await this.#backup.read();
      if (saved === undefined) return;
      this.#repository.load(saved.features, saved.segments);
      this.#loadedFrom = "disk";
      this.#revision = saved.revision;
      this.#confirmedAtMs = saved.savedAtMs;
    } catch (error) {
      this.#options.log("warn", "the last known flags cannot be read from disk", { error: String(error) });
    }
  }

  #settle(result: PollResult): void {
    if (result.kind === "failed") {
      if (result.error !== this.#lastError)
        this.#options.log("warn", result.error, { url: this.#shownUrl, flags: this.#kept() });
      this.#lastError = result.error;
      return;
    }
    if (this.#lastError !== undefined) this.#options.log("info", "Unleash answers again", { url: this.#shownUrl });
    this.#lastError = undefined;
    this.#confirmedAtMs = this.#now();
    if (result.kind === "changed") this.#take(result.flags);
  }

  #take(flags: UnleashFeatures): void {
    const changes = this.#repository.load(flags.features, flags.segments);
    this.#loadedFrom = "source";
    this.#revision = flags.revision;
    this.#saving = this.#save(flags);
    this.#evaluator.announce(changes);
  }

  async #save(flags: UnleashFeatures): Promise<void> {
    try {
      await this.#backup.write({ ...flags, savedAtMs: this.#now() });
      this.#backupFails = false;
    } catch (error) {
      if (!this.#backupFails) {
        this.#options.log("warn", "the flags cannot be kept on disk: a restart without Unleash would not know them", {
          error: String(error),
        });
      }
      this.#backupFails = true;
    }
  }

  async #change(flag: string, value: FlagValue): Promise<void> {
    if (
      typeof value !== "boolean" &&
      !(Number.isInteger(value.percent) && value.percent >= 0 && value.percent <= 100)
    ) {
      throw new FlagChangeError("A percentage is a whole number from 0 to 100.");
    }
    const token = this.#options.environment["UNLEASH_ADMIN_TOKEN"];
    const ui = this.#shownUrl.replace(/\/api\/?$/, "");
    if (token === undefined || token === "") {
      throw new FlagChangeError(
        `The flags live in Unleash: change ${flag} at ${ui}, or start figway with UNLEASH_ADMIN_TOKEN.`,
      );
    }
    if (!this.#repository.loaded)
      throw new FlagChangeError(`No flags were loaded yet. ${this.#lastError ?? ""}`.trim());
    const feature = this.#repository.getToggle(flag);
    if (feature === undefined)
      throw new FlagChangeError(`Unleash serves no flag ${flag} to figway's token: create it at ${ui} first.`);
    const environment = this.#environment ?? "development";
    await new UnleashAdmin(this.#api, token, environment).set(feature, value);
    await this.#untilServed(flag, value);
  }

  async #untilServed(flag: string, value: FlagValue): Promise<void> {
    const deadlineMs = this.#now() + SERVED_WITHIN_MS;
    for (;;) {
      await this.#poller.refresh();
      const feature = this.#repository.getToggle(flag);
      if (feature !== undefined && hasValue(feature, value)) return;
      if (this.#closed || this.#now() > deadlineMs) {
        throw new FlagChangeError(
          `Unleash took the change of ${flag} but does not serve it yet; it comes into force as soon as it does.`,
        );
      }
      await pause(SERVED_POLL_MS);
    }
  }

  #kept(): string {
    if (!this.#repository.loaded) return "none are loaded: legacy serves";
    return this.#loadedFrom === "disk"
      ? "the last known ones from disk stay in force"
      : "the last known ones stay in force";
  }

  #detail(): string {
    const count = this.#repository.entries.size;
    const flags = `${count} ${count === 1 ? "flag" : "flags"}`;
    const error = this.#lastError === undefined ? "" : ` ${this.#lastError}`;
    if (this.#loadedFrom === "none") return `No flags yet from ${this.#shownUrl}.${error}`;
    const origin = this.#loadedFrom === "disk" ? "last known, read from disk" : `from ${this.#shownUrl}`;
    return `${flags} ${origin}.${error}`;
  }
}

/** A backend token is `project:environment.secret`; older and Edge tokens need not be. */
function environmentOf(token: string): string | undefined {
  return /^[^:]+:([^.]+)\./.exec(token)?.[1];
}

/** Without keep-alive: usage is reported once a minute. */
function createUsageAgent(url: URL, environment: FlagSourceOptions["environment"]): HttpAgent {
  const options = isLoopback(url.hostname) ? {} : { proxyEnv: { ...environment } };
  return url.protocol === "https:" ? new HttpsAgent(options) : new HttpAgent(options);
}
